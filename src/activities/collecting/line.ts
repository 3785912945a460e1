import { actualUsd } from '../../batch/cost.ts';
import { alternateStem, strayStem } from '../../batch/file-name.ts';
import { foreignLine } from '../../batch/foreign-text.ts';
import { compareImage } from '../../batch/measure.ts';
import type { PlannedOutput } from '../../batch/plan.ts';
import { judgeLine, readKey } from '../../batch/verdict.ts';
import type { Answer, Item, Usage } from '../../contract/index.ts';
import { measure } from './image.ts';

/** What one line of a result file comes to: answers for the log, images for the store. */
export interface Taken {
  answers: Answer[];
  /** File names relative to the batch's folder. */
  images: { key: string; data: Uint8Array }[];
  anomalies: string[];
  /** What an answer cost that is nobody's: it was billed all the same. */
  strayUsd: number;
}

/** A line that says nothing, and need not. */
export const BLANK: Taken = { answers: [], images: [], anomalies: [], strayUsd: 0 };

/** What a line is read against. */
export interface Expectation {
  model: string;
  round: number;
  job: string;
  /** Planned outputs by id. */
  outputs: ReadonlyMap<string, { planned: PlannedOutput; item: Item }>;
  /** Images that are already there, by output: SHA-256 to file name. Grows as lines are taken. */
  images: Map<string, Map<string, string>>;
  /** Words of Google's without our key. */
  clean: (words: string) => string;
}

/** One line of a result file → its answers and images. Synchronous and without effects but for `expected.images`. */
export function takeLine(bytes: Uint8Array, expected: Expectation): Taken {
  const line = parse(bytes);
  if (line === undefined) return odd(`a line of ${bytes.byteLength} bytes that is no answer`);
  const key = readKey(line);
  const target = expected.outputs.get(key ?? '');
  if (!target) return takeStray(line, key, expected);
  return { ...BLANK, ...answersTo(line, target, expected) };
}

function answersTo(
  line: unknown,
  { planned, item }: { planned: PlannedOutput; item: Item },
  expected: Expectation,
): Pick<Taken, 'answers' | 'images'> {
  const { output } = planned;
  const verdict = judgeLine(line);
  const { usage } = verdict;
  const base = { output, flags: [], round: expected.round, job: expected.job };
  const spent = { ...(usage && { usage }), costUsd: computeCost(usage, expected) };
  const said = verdict.text ? { text: expected.clean(verdict.text) } : {};
  if (verdict.kind === 'none') {
    const { outcome, reason, message } = verdict;
    return {
      answers: [{ ...base, ...spent, ...said, outcome, reason, message: expected.clean(message) }],
      images: [],
    };
  }

  const images: Taken['images'] = [];
  const answers = [verdict, ...verdict.extraImages].map(({ data, claimedMime }, index): Answer => {
    const content = Buffer.from(data, 'base64');
    const measured = measure(content);
    // What an answer cost is counted once, with its first image.
    const cost = index === 0 ? { ...spent, ...said } : { costUsd: 0 };
    if (!measured) {
      return {
        ...base,
        ...cost,
        outcome: 'failed',
        reason: 'undecodable',
        message: `The answer holds ${content.byteLength} bytes that are no image.`,
      };
    }
    const { extension, ...facts } = measured;
    const { name, isNew } = nameFor(planned, measured.sha256, extension, expected.images);
    if (isNew) images.push({ key: name, data: content });
    const flags = compareImage({
      aspectRatio: item.aspectRatio,
      imageSize: item.imageSize,
      claimedMime,
      mime: facts.mime,
      width: facts.width,
      height: facts.height,
      interimOnly: verdict.interimOnly,
    });
    return { ...base, ...cost, outcome: 'image', flags, image: { file: name, ...facts } };
  });
  return { answers, images };
}

/** An answer that nobody asked for. Its images were billed, so they are kept, under names that owe nothing to its key. */
function takeStray(line: unknown, key: string | undefined, expected: Expectation): Taken {
  const verdict = judgeLine(line);
  const found = verdict.kind === 'image' ? [verdict, ...verdict.extraImages] : [];
  const images = found.flatMap(({ data }) => {
    const content = Buffer.from(data, 'base64');
    const measured = measure(content);
    if (!measured) return [];
    return [{ key: `images/${strayStem(measured.sha256)}.${measured.extension}`, data: content }];
  });
  const what = key === undefined ? 'an answer without a key' : `an answer for the unknown key ${quote(key)}`;
  const [first, ...more] = images;
  const others = more.length > 0 ? ` and ${more.length} more` : '';
  const anomaly = first ? `${what}, kept as ${first.key}${others}` : what;
  return { ...BLANK, images, anomalies: [anomaly], strayUsd: computeCost(verdict.usage, expected) };
}

function computeCost(usage: Usage | undefined, { model }: Expectation): number {
  return (usage && actualUsd(model, usage)) ?? 0;
}

/** The first image of an output has its name, every other one a name of its own, the same bytes the name they have. */
function nameFor(
  { output, fileStem }: PlannedOutput,
  sha256: string,
  extension: string,
  images: Expectation['images'],
): { name: string; isNew: boolean } {
  const known = images.get(output) ?? new Map<string, string>();
  images.set(output, known);
  const before = known.get(sha256);
  if (before) return { name: before, isNew: false };
  const stem = known.size === 0 ? fileStem : alternateStem(fileStem, known.size);
  const name = `images/${stem}.${extension}`;
  known.set(sha256, name);
  return { name, isNew: true };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
}

function odd(anomaly: string): Taken {
  return { ...BLANK, anomalies: [anomaly] };
}

/** A foreign key for a report: short, and with nothing in it that a terminal would obey. */
function quote(key: string): string {
  return JSON.stringify(foreignLine(key, 60) ?? '');
}
