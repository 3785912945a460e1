import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { formatBytes } from '../render/cost-comparison.ts';
import { known } from '../render/output.ts';
import { existingStore } from '../store.ts';
import type { Check } from './check.ts';

/** The results of a job of 500 images are about 1 GB, and so are the images made of them. */
const ENOUGH_BYTES = 5e9;

/** Whether a file can be written to the store, or without a store whether one can be made here. */
export const checkStore: Check = async (call, config) => {
  const name = 'store';
  try {
    const store = await existingStore(call, config);
    if (!store) {
      await access(config.cwd, constants.W_OK);
      return { name, level: 'ok', message: `The first \`run\` makes one in ${config.cwd}.` };
    }
    const probe = `doctor-${randomUUID()}.txt`;
    await store.put(probe, 'written and deleted by `hummingbatch doctor`\n');
    await store.delete(probe);
    return { name, level: 'ok', message: `${store.location} is writable.` };
  } catch (error) {
    const { message } = known(error);
    return {
      name,
      level: 'missing',
      message,
      fix: 'Name a folder of yours with --store or HUMMINGBATCH_STORE.',
    };
  }
};

export const checkDisk: Check = async (call, config) => {
  const name = 'disk';
  const store = await existingStore(call, config).catch(() => undefined);
  const place = store?.location ?? config.cwd;
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const message = `${formatBytes(free)} are free at ${place}.`;
  return free >= ENOUGH_BYTES
    ? { name, level: 'ok', message }
    : { name, level: 'hint', message, fix: 'A batch of 500 images takes about 1 GB, 1000 in 4K some 10 GB.' };
};
