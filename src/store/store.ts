/**
 * Where bytes live: what the rest of hummingbatch needs of a place that lasts, small enough for a folder and for an
 * object store alike.
 *
 * Keys are relative, with `/` between segments. A value is there as a whole or not at all, and once a call that writes
 * has returned, its value survives a power cut. Errors are `HummingbatchError` with `disk-full`, `store-missing`,
 * `store-unwritable` or `store-corrupt`.
 */
export interface Store {
  /** Random, made once, kept in `store.json`: tells two stores with the same content apart. */
  readonly id: string;
  /** For messages to people: the folder's absolute path. */
  readonly location: string;

  /** Writes or replaces one value. */
  put(key: string, data: Data): Promise<void>;
  /** Writes several values, synced as a group: cheaper than one by one, and none is promised before all are. */
  putAll(entries: readonly Entry[]): Promise<void>;
  /** Writes a value that has no name yet: for what is called after its content, or is refused once that was looked at. */
  stage(data: AsyncIterable<Uint8Array>): Promise<Staged>;
  /** Writes the value unless the key is taken; says whether it was written. Of several at once exactly one wins. */
  putIfAbsent(key: string, data: string | Uint8Array): Promise<boolean>;
  /** The whole value, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The value piece by piece; fails with `store-corrupt` where there is none. */
  read(key: string): AsyncIterable<Uint8Array>;
  /** Its size, or undefined. */
  head(key: string): Promise<{ bytes: number } | undefined>;
  /** All keys that begin with the prefix (which ends with `/`), sorted. */
  list(prefix: string): Promise<string[]>;
  /** Names of the folders directly under a prefix, sorted. */
  folders(prefix: string): Promise<string[]>;
  /** Nothing happens where there is no such key. */
  delete(key: string): Promise<void>;
}

/** A value without a name. It takes up room until it is kept or discarded, at most a day. */
export interface Staged {
  readonly bytes: number;
  /** Of its bytes, hex. */
  readonly sha256: string;
  /** A part of it; less where it ends before. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Gives it its name, in place of what had it; once. */
  keep(key: string): Promise<void>;
  /** Nothing happens where it was kept. */
  discard(): Promise<void>;
}

export type Data = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface Entry {
  key: string;
  data: Data;
}
