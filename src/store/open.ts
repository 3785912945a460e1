import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HummingbatchError } from '../contract/errors.ts';
import { makeFolder, syncFolder } from './durable-folder.ts';
import { errnoOf, toStoreError } from './errors.ts';
import { folderStore, TEMPORARY } from './folder.ts';
import type { Store } from './store.ts';

const IDENTITY = 'store.json';

// What a writer that died left behind. No write takes a day, so an older file has no writer.
const LITTER_AGE_MS = 24 * 3_600_000;

/**
 * Opens the store at a place, or makes it there.
 *
 * @throws `store-unsupported` for a URL, `store-unwritable`, `store-missing` or `disk-full` where the folder cannot be used
 */
export async function openStore(location: string): Promise<Store> {
  if (/^[a-z0-9]+:\/\//i.test(location)) {
    throw new HummingbatchError(
      'store-unsupported',
      `The store ${location} is no folder, and other stores are not supported yet.`,
    );
  }
  const root = resolve(location);
  try {
    for (const folder of await makeFolder(join(root, TEMPORARY))) await syncFolder(folder);
    await sweep(join(root, TEMPORARY));
  } catch (error) {
    throw toStoreError(error, root);
  }
  return folderStore(root, await identityOf(root));
}

/** The id in `store.json`, made by whoever opens the store first. */
async function identityOf(root: string): Promise<string> {
  const store = folderStore(root, '');
  const fresh = { version: 1, id: `store-${randomBytes(8).toString('hex')}` };
  const known = await store.get(IDENTITY);
  if (!known) await store.putIfAbsent(IDENTITY, `${JSON.stringify(fresh)}\n`);
  const bytes = known ?? (await store.get(IDENTITY));
  return readIdentity(bytes, root);
}

function readIdentity(bytes: Uint8Array | undefined, root: string): string {
  try {
    const { id } = JSON.parse(Buffer.from(bytes ?? []).toString()) as { id?: unknown };
    if (typeof id === 'string' && /^store-[0-9a-f]{16}$/.test(id)) return id;
  } catch {
    // Told below with the file's name.
  }
  throw new HummingbatchError(
    'store-corrupt',
    `${join(root, IDENTITY)} is not what hummingbatch wrote there.`,
  );
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isLitter(path)) await rm(path, { force: true });
  }
}

async function isLitter(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > LITTER_AGE_MS;
  } catch (error) {
    // Its writer has just given it its name.
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
