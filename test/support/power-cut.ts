import { dirname } from 'node:path';
import type { Effect, RecordedDisk } from './recorded-disk.ts';

/** What a power cut left. */
export interface Left {
  /** What had been promised before. */
  promised: ReadonlySet<string>;
  /** Contents by path. */
  files: ReadonlyMap<string, Buffer>;
  /** For a message: what was not there of what had been done. */
  lost: string;
}

/** What becomes of something that was not synced: it is there, or not, or of some bytes only the first half is. */
type Fate = 'there' | 'lost' | 'torn';

/** Below that all states are made; above it all that lack one thing, or everything, or every second thing. */
const MAX_STATES = 1_000;

/**
 * Every state in which a power cut at any moment may leave the disk. What was synced is there; of the rest each thing is
 * there or not, whatever the order in which it was done.
 *
 * @param before what was there for certain
 */
export function* afterPowerCuts(
  { effects, marks }: RecordedDisk,
  before: ReadonlyMap<string, Buffer> = new Map(),
): Generator<Left> {
  const moments = new Set([0, ...effects.flatMap(({ begun, done, synced }) => [begun, done, synced])]);
  for (const moment of [...moments].filter(Number.isFinite).sort((one, other) => one - other)) {
    const begun = effects.filter((effect) => effect.begun <= moment);
    const open = begun.filter((effect) => effect.synced > moment);
    const promised = new Set(marks.filter(({ step }) => step <= moment).map(({ name }) => name));
    for (const fates of listFates(open)) {
      const lost = open.filter((effect) => fates.get(effect) !== 'there').map(fileName);
      yield {
        promised,
        files: buildDisk(begun, fates, before),
        lost: `at step ${moment}: ${lost.join(', ')}`,
      };
    }
  }
}

function* listFates(open: readonly Effect[]): Generator<Map<Effect, Fate>> {
  const choices = open.map(({ kind }): Fate[] =>
    kind === 'data' ? ['there', 'lost', 'torn'] : ['there', 'lost'],
  );
  const states = choices.reduce((product, { length }) => product * length, 1);
  const all = (fate: Fate) => new Map(open.map((effect) => [effect, fate]));
  if (states <= MAX_STATES) {
    for (let n = 0; n < states; n++)
      yield new Map(open.map((effect, index) => [effect, digit(n, choices, index)]));
    return;
  }
  yield all('there');
  yield all('lost');
  yield new Map(open.map((effect, index) => [effect, index % 2 ? 'there' : 'lost']));
  for (const [index, effect] of open.entries()) {
    for (const fate of (choices[index] ?? []).slice(1)) yield all('there').set(effect, fate);
  }
}

/** The nth of all combinations, read as a number whose digits are the choices. */
function digit(n: number, choices: readonly Fate[][], index: number): Fate {
  const below = choices.slice(0, index).reduce((product, { length }) => product * length, 1);
  const choice = choices[index] ?? [];
  return choice[Math.floor(n / below) % choice.length] ?? 'there';
}

function buildDisk(
  begun: readonly Effect[],
  fates: ReadonlyMap<Effect, Fate>,
  before: ReadonlyMap<string, Buffer>,
): Map<string, Buffer> {
  const names = new Map<string, number | Buffer>(before);
  const contents = new Map<number, Buffer[]>();
  const missing = new Set<string>();
  for (const effect of begun) {
    const fate = fates.get(effect) ?? 'there';
    if (effect.kind === 'data') append(contents, effect.inode, takePiece(effect.bytes, fate));
    else if (effect.kind === 'folder') keep(missing, effect.path, fate);
    else if (fate === 'there') rename(names, effect);
  }
  const reachable = [...names].filter(([path]) => !isBelow(path, missing));
  return new Map(
    reachable.map(([path, what]) => [
      path,
      typeof what === 'number' ? Buffer.concat(contents.get(what) ?? []) : what,
    ]),
  );
}

function rename(
  names: Map<string, number | Buffer>,
  effect: Exclude<Effect, { kind: 'data' | 'folder' }>,
): void {
  if (effect.kind === 'gone') names.delete(effect.path);
  else {
    if (effect.from) names.delete(effect.from);
    names.set(effect.path, effect.inode);
  }
}

function keep(missing: Set<string>, folder: string, fate: Fate): void {
  if (fate === 'lost') missing.add(folder);
}

function append(contents: Map<number, Buffer[]>, inode: number, piece: Buffer): void {
  contents.set(inode, [...(contents.get(inode) ?? []), piece]);
}

function takePiece(bytes: Buffer, fate: Fate): Buffer {
  return { there: bytes, lost: Buffer.alloc(0), torn: bytes.subarray(0, bytes.length >> 1) }[fate];
}

function isBelow(path: string, missing: ReadonlySet<string>): boolean {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (missing.has(folder)) return true;
  }
  return false;
}

function fileName(effect: Effect): string {
  return 'path' in effect ? `${effect.kind} ${effect.path}` : `data of ${effect.inode}`;
}
