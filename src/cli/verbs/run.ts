import { storedEnd } from '../../client/index.ts';
import { requireKey } from '../../host/gemini.ts';
import type { Verb } from '../call.ts';
import { chooseId, isBegun } from '../choose-id.ts';
import { readTemporal } from '../config/temporal.ts';
import { confirmCost } from '../confirm-cost.ts';
import { endWith, followToEnd } from '../follow.ts';
import { readGeminiOptions } from '../host-options.ts';
import { readyManifest } from '../manifest.ts';
import { openSession } from '../session.ts';
import { existingStore, openCallStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const config = await readConfig(call);
  const there = await existingStore(call, config);
  const ready = await readyManifest(call, there);
  const batchId = await chooseId(there, ready, call.flags);
  const ended = there && (await storedEnd(there, batchId, ready.fingerprint));
  if (ended) return endWith(call, { store: there }, ended);

  if (!readTemporal(config.env)) requireKey(readGeminiOptions(call, config));
  const store = there ?? (await openCallStore(call, config));
  if (!(await isBegun(store, batchId))) await confirmCost(call, ready, (price) => `Pay ${price}?`);
  const session = await openSession(call, config, store);
  try {
    const { manifest, fingerprint, references } = ready;
    const started = await session.hummingbatch.startNormalised({
      manifest,
      fingerprint,
      references,
      batchId,
    });
    call.output.say(`${started.attached ? 'Attached to' : 'Started'} the batch ${batchId}.`);
    return await followToEnd(call, session, batchId);
  } finally {
    await session.close();
  }
};
