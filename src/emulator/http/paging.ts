import { Refusal } from './envelope.ts';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;

interface Listed {
  id: string;
  createTime: number;
}

export interface Page<T> {
  entries: T[];
  nextPageToken?: string;
}

/**
 * Returns one page, newest first. The token names the last entry of the page, not a position, so that deleting an entry
 * between two pages skips none.
 *
 * @throws Refusal INVALID_ARGUMENT for an unknown token or a page size below 0.
 */
export function paginate<T extends Listed>(all: readonly T[], query: URLSearchParams): Page<T> {
  const after = readToken(query.get('pageToken'));
  const sorted = [...all].sort(newestFirst).filter((entry) => !after || newestFirst(after, entry) < 0);
  const entries = sorted.slice(0, readSize(query.get('pageSize')));
  const last = entries.at(-1);
  return last && entries.length < sorted.length ? { entries, nextPageToken: encodeToken(last) } : { entries };
}

function newestFirst(one: Listed, other: Listed): number {
  return other.createTime - one.createTime || one.id.localeCompare(other.id);
}

function readSize(text: string | null): number {
  const size = Number(text ?? 0);
  if (!Number.isInteger(size) || size < 0)
    throw new Refusal('INVALID_ARGUMENT', `Invalid page size: ${text}`);
  return Math.min(size === 0 ? DEFAULT_PAGE_SIZE : size, MAX_PAGE_SIZE);
}

/** The token of the page after this entry. */
export function encodeToken({ id, createTime }: Listed): string {
  return Buffer.from(`${createTime} ${id}`).toString('base64url');
}

function readToken(token: string | null): Listed | undefined {
  if (!token) return undefined;
  const [, createTime, id] = /^(\d+) (\S+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (createTime === undefined || id === undefined) {
    throw new Refusal('INVALID_ARGUMENT', 'Page token is not valid.');
  }
  return { id, createTime: Number(createTime) };
}
