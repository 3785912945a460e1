import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getErrno } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { isElsewhere, isRunning, type ProcessIdentity, parseIdentity, readIdentity } from './process.ts';
import { keepRenewed, type Sign, watchForRenewals } from './renewals.ts';

/**
 * A lock between processes that outlives none of its holders. Each holder takes a turn of its own, a file `lock.<n>`,
 * made create-only with the number after the newest. A turn ends when its file is renamed to `lock.<n>.ended` or its
 * process is dead; a process elsewhere is dead where it has not renewed its file for 30 s. The numbers never go back, so that a process that was asleep between looking and taking cannot take
 * over a turn: with one file that is deleted and made again, two processes that find a dead holder can both believe to
 * have won.
 */
const TURN = /^lock\.(\d+)(\.ended)?$/;

/** Starting takes up to 3 tries of 30 s, stopping up to 10 s. A longer wait is for a frozen process. */
const WAIT_MS = 120 * 1000;
/** A turn's file is written microseconds after it is made. */
const WRITTEN_WITHIN_MS = 10 * 1000;

interface Turn {
  number: number;
  ended: boolean;
}

type Holder = ProcessIdentity | 'unknown';

/**
 * Does something while no other process, and nothing else in this process, holds the same lock.
 *
 * @throws HummingbatchError `no-temporal` where the lock is not free within 120 s; an AbortError where the signal aborts
 */
export async function withLock<T>(
  directory: string,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  const turn = await takeTurn(directory, signal);
  const stopRenewing = keepRenewed(lockPath(directory, turn));
  try {
    await removeBefore(directory, turn);
    return await act();
  } finally {
    stopRenewing();
    // The file stays, so that numbers never repeat. A rename needs no space on a disk that is full.
    await rename(lockPath(directory, turn), `${lockPath(directory, turn)}.ended`);
  }
}

async function takeTurn(directory: string, signal: AbortSignal | undefined): Promise<number> {
  const until = Date.now() + WAIT_MS;
  const watch = watchForRenewals();
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    signal?.throwIfAborted();
    const newest = findNewest(await turns(directory));
    const holder = await readHolder(directory, newest, watch);
    if (!holder && (await isMine(directory, newest.number + 1))) return newest.number + 1;
    if (Date.now() > until) throw taken(directory, holder);
    // Random, so that processes that wait do not check at the same moments.
    await sleep(pauseMs * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
}

async function isMine(directory: string, number: number): Promise<boolean> {
  try {
    await writeFile(lockPath(directory, number), JSON.stringify(readIdentity(process.pid)), { flag: 'wx' });
  } catch (error) {
    if (getErrno(error) === 'EEXIST') return false;
    throw error;
  }
  const newest = findNewest(await turns(directory));
  // While this process slept, others may have had this turn and ended it, or taken later ones.
  if (newest.number === number && !newest.ended) return true;
  await rm(lockPath(directory, number), { force: true });
  return false;
}

async function removeBefore(directory: string, number: number): Promise<void> {
  for (const turn of await turns(directory)) {
    if (turn.number < number) await rm(lockPath(directory, turn.number, turn.ended), { force: true });
  }
}

/** The process that holds a turn; undefined where none does any more. */
async function readHolder(
  directory: string,
  turn: Turn,
  watch: (file: string) => Promise<Sign>,
): Promise<Holder | undefined> {
  if (turn.ended) return undefined;
  const file = lockPath(directory, turn.number);
  try {
    const holder = parseIdentity(await readFile(file, 'utf8'));
    const lives = holder && (isElsewhere(holder) ? (await watch(file)) !== 'silent' : isRunning(holder));
    if (holder) return lives ? holder : undefined;
    const age = Date.now() - (await stat(file)).mtimeMs;
    return age < WRITTEN_WITHIN_MS ? 'unknown' : undefined;
  } catch (error) {
    // Ended since the listing: list again.
    if (getErrno(error) === 'ENOENT') return 'unknown';
    throw error;
  }
}

/** A number with both files has ended: the other file is of a process that came late and will see that. */
function findNewest(all: readonly Turn[]): Turn {
  const number = Math.max(0, ...all.map((turn) => turn.number));
  return { number, ended: number === 0 || all.some((turn) => turn.number === number && turn.ended) };
}

async function turns(directory: string): Promise<Turn[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => {
    const [, number, ended] = TURN.exec(name) ?? [];
    return number ? [{ number: Number(number), ended: ended !== undefined }] : [];
  });
}

function lockPath(directory: string, number: number, ended = false): string {
  return join(directory, `lock.${number}${ended ? '.ended' : ''}`);
}

function taken(directory: string, holder: Holder | undefined): HummingbatchError {
  const place =
    holder && holder !== 'unknown' && isElsewhere(holder) ? ' of another container or machine' : '';
  const who = holder && holder !== 'unknown' ? `process ${holder.pid}${place}` : 'another process';
  return new HummingbatchError(
    'no-temporal',
    `The managed dev server in ${directory} is being started or stopped by ${who}, which has not finished for ${WAIT_MS / 1000} s.`,
    { fix: `End ${who}, or wait for it, then call the same command again.` },
  );
}
