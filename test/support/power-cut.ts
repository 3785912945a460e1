import { dirname } from 'node:path';
import type { Effect, RecordedDisk } from './recorded-disk.ts';

/** A state of the disk after a power cut. */
export interface DiskState {
  /** What the code had promised before the power cut. */
  promised: ReadonlySet<string>;
  /** Contents by path. */
  files: ReadonlyMap<string, Buffer>;
  /** For messages: which effects were lost. */
  lost: string;
}

/** What happens to an effect that was not synced: it persists, is lost, or only the first half of its bytes persists. */
type Fate = 'there' | 'lost' | 'torn';

/** Up to this many combinations, all are listed. Beyond it, those that lose one effect, all effects or every second one. */
const MAX_STATES = 1_000;

/**
 * Lists every state in which a power cut at any moment may leave the disk. Synced effects persist. Each other effect
 * persists or not, independently of the order in which the effects were done.
 *
 * @param before files that were on the disk for certain
 */
export function* listPowerCutStates(
  { effects, marks }: RecordedDisk,
  before: ReadonlyMap<string, Buffer> = new Map(),
): Generator<DiskState> {
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
  const assignAll = (fate: Fate) => new Map(open.map((effect) => [effect, fate]));
  if (states <= MAX_STATES) {
    for (let n = 0; n < states; n++)
      yield new Map(open.map((effect, index) => [effect, digit(n, choices, index)]));
    return;
  }
  yield assignAll('there');
  yield assignAll('lost');
  yield new Map(open.map((effect, index) => [effect, index % 2 ? 'there' : 'lost']));
  for (const [index, effect] of open.entries()) {
    for (const fate of (choices[index] ?? []).slice(1)) yield assignAll('there').set(effect, fate);
  }
}

/** One choice of the n-th combination: n is read as a number whose digits are the choices. */
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
    else if (effect.kind === 'folder') markMissing(missing, effect.path, fate);
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

function markMissing(missing: Set<string>, folder: string, fate: Fate): void {
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
