import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HummingbatchError } from '../contract/index.ts';
import { STORE_FILE } from '../contract/places.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';
import { type Config, loadConfig } from './config/config.ts';
import { findUpward } from './config/files.ts';

/** Emulated images must never pass for real ones: the emulator has a store of its own. */
const FOLDERS = { real: 'hummingbatch', emulated: 'hummingbatch-emulator' } as const;

/** The store of a call; a new one is made, and its folder printed. */
export async function openCallStore(call: Call, config: Config): Promise<Store> {
  const { location, exists } = await locateStore(call, config);
  const store = await openStore(location);
  if (!exists) call.output.say(`New store: ${store.location}`);
  return store;
}

/** The store of a call; undefined where there is none. It makes no store. */
export async function existingStore(call: Call, config: Config): Promise<Store | undefined> {
  const { location, exists } = await locateStore(call, config);
  return exists || isUrl(location) ? openStore(location) : undefined;
}

/** Store and configuration of a verb that takes a batch. @throws `batch-unknown` where there is no store */
export async function openBatchStore(call: Call): Promise<{ config: Config; store: Store }> {
  const config = await readConfig(call);
  const store = await existingStore(call, config);
  if (store) return { config, store };
  const { location } = await locateStore(call, config);
  throw new HummingbatchError(
    'batch-unknown',
    `There is no batch ${call.args[0]}: ${location} is not a store.`,
    {
      fix: 'Run the command in the folder where the batch was started, or name the store with --store.',
      actions: [],
    },
  );
}

export function readConfig({ cwd, env, flags }: Call): Promise<Config> {
  const { store, listen, metrics, log } = flags;
  return loadConfig({ cwd, env, store, listen, metrics, log });
}

async function locateStore(call: Call, config: Config): Promise<{ location: string; exists: boolean }> {
  const folder = call.flags.emulator ? FOLDERS.emulated : FOLDERS.real;
  const named = call.flags.emulator && call.flags.store === undefined ? undefined : config.store;
  if (named) return { location: named, exists: await isFile(join(named, STORE_FILE)) };
  const found = await findUpward(config.cwd, join(folder, STORE_FILE));
  return found
    ? { location: dirname(found), exists: true }
    : { location: join(config.cwd, folder), exists: false };
}

function isUrl(location: string): boolean {
  return /^[a-z0-9]+:\/\//i.test(location);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
