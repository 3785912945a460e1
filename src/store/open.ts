import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { getErrno } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { STORE_FILE } from '../contract/places.ts';
import { makeFolder, syncFolder } from './durable-folder.ts';
import { toStoreError } from './errors.ts';
import { folderStore, TEMPORARY } from './folder.ts';
import type { Store } from './store.ts';

/**
 * Raised when a newer hummingbatch would misread an older store. Version 1 kept a batch's identity under another name:
 * a newer version would not find it and would pay for its jobs again.
 */
const STORE_VERSION = 2;

// Temporary files of writers that crashed. No write takes a day, so an older file has no writer.
const ORPHAN_AGE_MS = 24 * 3_600_000;

/**
 * Opens the store in a folder, or creates it there.
 *
 * @throws `store-unsupported` for a URL, `store-version` for a store of another version, `store-corrupt`,
 *   `store-unwritable`, `store-missing` or `disk-full` where the folder cannot be used
 */
export async function openStore(location: string): Promise<Store> {
  if (/^[a-z0-9]+:\/\//i.test(location)) {
    throw new HummingbatchError(
      'store-unsupported',
      `The store ${location} is a URL. Only folders are supported.`,
    );
  }
  const root = resolve(location);
  try {
    for (const folder of await makeFolder(join(root, TEMPORARY))) await syncFolder(folder);
    await removeOrphans(join(root, TEMPORARY));
  } catch (error) {
    throw toStoreError(error, root);
  }
  return folderStore(root, await readIdentity(root));
}

/** The id in `store.json`, which the first process that opens the store creates. */
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
      `The file ${join(root, STORE_FILE)} is damaged: it holds no version and id of a store.`,
    );
  }
  if (version === STORE_VERSION) return id;
  throw new HummingbatchError(
    'store-version',
    `The store ${root} has version ${String(version)}; this hummingbatch reads version ${STORE_VERSION}.`,
  );
}

function parseFile(bytes: Uint8Array | undefined): { version?: unknown; id?: unknown } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes ?? []).toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    // The caller throws an error that names the file.
    return {};
  }
}

async function removeOrphans(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isOrphan(path)) await rm(path, { force: true });
  }
}

async function isOrphan(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ORPHAN_AGE_MS;
  } catch (error) {
    // Its writer has just renamed it.
    if (getErrno(error) === 'ENOENT') return false;
    throw error;
  }
}
