/**
 * The port for durable bytes, small enough for a folder and for an object store.
 *
 * Keys are relative, with `/` between segments; a segment does not start with `.` and has none of `<>:"|?*\` or control
 * characters. A value exists completely or not at all. When a call that writes has returned, its value survives a power
 * cut. The port sets no size limit.
 *
 * Every method throws `HummingbatchError` with one of these codes:
 *
 * - `disk-full`: disk or quota is full.
 * - `store-missing`: the folder is gone, or its disk fails.
 * - `store-unwritable`: no permission, read-only, or a file system without hard links.
 * - `internal`: the key or prefix is not valid.
 */
export interface Store {
  /** `store-` and 16 hex digits, random, kept in `store.json`: tells two stores with the same content apart. */
  readonly id: string;
  /** The folder's absolute path, for messages. */
  readonly location: string;

  /** Writes or replaces one value. */
  put(key: string, data: Data): Promise<void>;
  /**
   * Writes or replaces several values and syncs them as a group, which is faster than one by one. When it returns, all
   * are durable; when it throws, any of them may exist.
   */
  putAll(entries: readonly Entry[]): Promise<void>;
  /**
   * Writes a value that gets its key later: for a key that depends on the content, or for content that may be rejected.
   * An error of `data` is thrown unchanged.
   */
  stage(data: AsyncIterable<Uint8Array>): Promise<Staged>;
  /**
   * Writes the value unless the key exists. True if this call wrote it: of several calls at once exactly one returns
   * true.
   */
  putIfAbsent(key: string, data: string | Uint8Array): Promise<boolean>;
  /** The whole value; undefined where there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The value as a stream of chunks of at most 256 kB. @throws `store-corrupt` where there is none */
  read(key: string): AsyncIterable<Uint8Array>;
  /** The size of a value; undefined where there is none. */
  head(key: string): Promise<{ bytes: number } | undefined>;
  /** All keys that begin with a prefix, which must end with `/`; sorted. */
  list(prefix: string): Promise<string[]>;
  /** The names of the folders directly under a prefix, which must end with `/`; sorted. */
  folders(prefix: string): Promise<string[]>;
  /** Deletes a value. Does nothing where there is none. */
  delete(key: string): Promise<void>;
}

/**
 * A value without a key. It takes disk space until it is kept or discarded; one that is left over is deleted after a
 * day.
 */
export interface Staged {
  readonly bytes: number;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
  /** Reads `length` bytes from offset `at`; fewer where the value ends before. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Gives the value its key, replacing an existing value. Call it once. */
  keep(key: string): Promise<void>;
  /** Deletes the value. Does nothing after `keep`. */
  discard(): Promise<void>;
}

export type Data = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface Entry {
  key: string;
  data: Data;
}
