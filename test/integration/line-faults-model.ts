import type { Flag, Item, Manifest, Outcome, Reason } from '../../src/contract/index.ts';
import {
  type AnswerContent,
  findFault,
  type GeneratedImage,
  LOSSES,
  readLines,
} from './line-faults-answers.ts';
import { listOutputs, type Trial } from './line-faults-batches.ts';

/**
 * The reference model: computes the expected results of a batch from its fault plan, without any code of `src/batch`.
 * docs/architecture.md is the specification of both. If the model and a batch differ, one of them is wrong.
 */
export interface Expected {
  /** The outputs that each round requested. */
  rounds: string[][];
  records: ExpectedRecord[];
  /** The keys of the lines of each round, in order; undefined for a line that cannot be parsed. */
  lines: (string | undefined)[][];
  /** Billed images, whether or not they could be received. */
  billed: number;
}

export interface ExpectedRecord {
  output: string;
  outcome: Outcome;
  flags: Flag[];
  reason?: Reason;
  retryable?: boolean;
  round: number;
  /** Further images with different bytes. */
  alternates: number;
}

/** The order and length of a result file. They come from the emulator, because they depend on hashes and byte counts. */
export interface FileAsMade {
  /** The row numbers in the order of their lines. */
  order: readonly number[];
  /** Lines that were not cut off by a fault of the file. */
  lines: number;
}

const MAX_ROUNDS = 3;

/** One answer for an output. */
type Answer = { round: number } & ({ image: GeneratedImage } | { reason: Reason });

export function computeExpected({ manifest, plan }: Trial, files: readonly FileAsMade[]): Expected {
  const outputs = listOutputs(manifest);
  const answers = new Map<string, Answer[]>(outputs.map((output) => [output, []]));
  const expected: Expected = { rounds: [], records: [], lines: [], billed: 0 };

  for (let round = 1, selected = outputs; selected.length > 0; round += 1) {
    const rows = selected.map((output) => ({
      output,
      item: findItem(manifest, output),
      fault: findFault(plan, output, round),
    }));
    const { order, lines: whole } = files[round - 1] ?? { order: [], lines: 0 };
    const lines = order.flatMap((place) => rows.slice(place, place + 1).flatMap(readLines));
    const arrived = lines.slice(0, whole);
    for (const { key, content } of arrived) answers.get(key ?? '')?.push(...toAnswers(content, round));
    for (const output of selected) {
      if (!arrived.some(({ key }) => key === output))
        answers.get(output)?.push({ round, reason: 'no-answer' });
    }
    expected.rounds.push(selected);
    expected.lines.push(arrived.map(({ key }) => key));
    expected.billed += lines.reduce((sum, { content, again }) => sum + (again ? 0 : content.billed), 0);
    selected = selected.filter((output) => isAskedAgain(answers.get(output) ?? [], round));
  }
  expected.records = outputs.map((output) =>
    buildRecord(output, findItem(manifest, output), answers.get(output) ?? [], manifest),
  );
  return expected;
}

function findItem({ items }: Manifest, output: string): Item {
  return items.find(({ key }) => output.startsWith(`${key}#`)) as Item;
}

/** The last image of an answer counts. */
function toAnswers(content: Exclude<AnswerContent, 'nothing'>, round: number): Answer[] {
  if ('reason' in content) return [{ round, reason: content.reason }];
  return [...content.images.slice(-1), ...content.images.slice(0, -1)].map((image) => ({ round, image }));
}

function isAskedAgain(answers: readonly Answer[], round: number): boolean {
  if (round === MAX_ROUNDS || answers.some((answer) => 'image' in answer)) return false;
  const patience = (upTo: Answer[]) =>
    upTo.map((answer) => ('reason' in answer ? LOSSES[answer.reason][1] : 'never'));
  const now = patience(answers.filter((answer) => answer.round === round));
  if (now.includes('never') || now.includes('by hand')) return false;
  const weakRounds = new Set(
    answers.filter((answer) => patience([answer]).includes('once')).map((answer) => answer.round),
  );
  return !now.includes('once') || weakRounds.size < 2;
}

/** The record: the first image without flags, else the first image, else the last reason. */
function buildRecord(
  output: string,
  item: Item,
  answers: readonly Answer[],
  manifest: Manifest,
): ExpectedRecord {
  const images = answers.flatMap((answer) =>
    'image' in answer ? [{ ...answer, flags: findFlags(answer.image, item, manifest) }] : [],
  );
  const chosen = images.find(({ flags }) => flags.length === 0) ?? images[0];
  if (chosen) {
    const isDuplicate = answers.filter(({ round }) => round === chosen.round).length > 1;
    return {
      output,
      outcome: 'image',
      flags: [...chosen.flags, ...(isDuplicate ? (['duplicate-answer'] as const) : [])].sort(),
      round: chosen.round,
      alternates:
        new Set(images.map(({ image: { ratio, small, colour } }) => `${ratio} ${small} ${colour}`)).size - 1,
    };
  }
  const last = answers.findLast((answer) => 'reason' in answer) as Answer & { reason: Reason };
  const [outcome, again] = LOSSES[last.reason];
  return {
    ...{ output, outcome, flags: [], reason: last.reason },
    ...{ retryable: again !== 'never', round: last.round, alternates: 0 },
  };
}

/** The emulator gives JPEG, except PNG for gemini-nano-banana-2.1, so that code cannot rely on one type. */
function findFlags(
  { ratio, small, claims, interim }: GeneratedImage,
  item: Item,
  { model }: Manifest,
): Flag[] {
  const truth = model === 'gemini-nano-banana-2.1' ? ['image/png'] : ['image/jpeg', 'IMAGE/JPG; q=1'];
  return [
    ...(item.aspectRatio !== undefined && item.aspectRatio !== ratio ? (['wrong-ratio'] as const) : []),
    ...(small ? (['wrong-size'] as const) : []),
    ...(interim ? (['interim-only'] as const) : []),
    ...(claims && !truth.includes(claims) ? (['mime-mismatch'] as const) : []),
  ];
}
