import { storedEnd } from '../../client/index.ts';
import { HummingbatchError } from '../../contract/index.ts';
import { requireKey } from '../bring-gemini.ts';
import type { Call, Verb } from '../call.ts';
import { chooseId, isBegun } from '../choose-id.ts';
import { endWith, followToEnd } from '../follow.ts';
import { type ReadyManifest, readyManifest } from '../manifest.ts';
import { openSession } from '../session.ts';
import { configOf, existingStore, openCallStore } from '../store.ts';
import { configuredTemporal } from '../temporal-config.ts';
import { describePrice, describeTrade, tradeOfManifest } from '../trade.ts';

/** Above this a person is asked, USD: twice what a first look at a few images costs. */
const ASK_ABOVE_USD = 5;

export const verb: Verb = async (call) => {
  const config = await configOf(call);
  const there = await existingStore(call, config);
  const ready = await readyManifest(call, there);
  const batchId = await chooseId(there, ready, call.flags);
  const ended = there && (await storedEnd(there, batchId, ready.fingerprint));
  if (ended) return endWith(call, { store: there }, ended);

  if (!configuredTemporal(config.env)) requireKey(call, config);
  const store = there ?? (await openCallStore(call, config));
  if (!(await isBegun(store, batchId))) await weigh(call, ready);
  const session = await openSession(call, config, store);
  try {
    const { manifest, references } = ready;
    const started = await session.hummingbatch.startNormalised({ manifest, references, batchId });
    call.output.say(`${started.attached ? 'Attached to' : 'Started'} the batch ${batchId}.`);
    return await followToEnd(call, session, batchId);
  } finally {
    await session.close();
  }
};

/** Shows the trade; asks where it is dear and somebody is there to answer. */
async function weigh({ output, flags, ask }: Call, ready: ReadyManifest): Promise<void> {
  const trade = await tradeOfManifest(ready, flags.within);
  output.say(describeTrade(trade));
  const isDear = !trade.price || trade.price.batchUsd > ASK_ABOVE_USD;
  if (flags.emulator || flags.yes || !ask || !isDear) return;
  const answer = await ask(`Go on and pay ${describePrice(trade)}? [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new HummingbatchError('approval-refused', 'Nothing was started.', {
    fix: 'Call it again with --yes to go on without being asked.',
  });
}
