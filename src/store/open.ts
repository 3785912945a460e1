import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HummingbatchError } from '../contract/errors.ts';
import { STORE_FILE } from '../contract/places.ts';
import { makeFolder, syncFolder } from './durable-folder.ts';
import { getErrno, toStoreError } from './errors.ts';
import { folderStore, TEMPORARY } from './folder.ts';
import type { Store } from './store.ts';

/**
 * Raised when a newer hummingbatch would misread what an older one wrote. Version 1 kept a batch's identity under another
 * name: read as "never begun", its jobs would be paid for again.
 */
const STORE_VERSION = 2;

// What a writer that died left behind. No write takes a day, so an older file has no writer.
const LITTER_AGE_MS = 24 * 3_600_000;

/**
 * Opens the store at a place, or makes it there.
 *
 * @throws `store-unsupported` for a URL, `store-version` for a store of another version, `store-corrupt`, `store-unwritable`, `store-missing` or `disk-full` where the folder cannot be used
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
  return folderStore(root, await readIdentity(root));
}

/** The id in `store.json`, made by whoever opens the store first. */
async function readIdentity(root: string): Promise<string> {
  const store = folderStore(root, '');
  const fresh = { version: STORE_VERSION, id: `store-${randomBytes(8).toString('hex')}` };
  const known = await store.get(STORE_FILE);
  if (!known) await store.putIfAbsent(STORE_FILE, `${JSON.stringify(fresh)}\n`);
  const bytes = known ?? (await store.get(STORE_FILE));
  return parseIdentity(bytes, root);
}

function parseIdentity(bytes: Uint8Array | undefined, root: string): string {
  const { version, id } = parseFile(bytes);
  if (typeof id !== 'string' || !/^store-[0-9a-f]{16}$/.test(id) || !Number.isInteger(version)) {
    throw new HummingbatchError(
      'store-corrupt',
      `${join(root, STORE_FILE)} is not what hummingbatch wrote there.`,
    );
  }
  if (version === STORE_VERSION) return id;
  throw new HummingbatchError(
    'store-version',
    `The store ${root} has version ${String(version)}, and this hummingbatch reads version ${STORE_VERSION}.`,
  );
}

function parseFile(bytes: Uint8Array | undefined): { version?: unknown; id?: unknown } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes ?? []).toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    // The caller reports it with the file's name.
    return {};
  }
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
    if (getErrno(error) === 'ENOENT') return false;
    throw error;
  }
}
