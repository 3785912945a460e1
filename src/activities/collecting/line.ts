import { actualUsd } from '../../batch/cost.ts';
import { alternateStem, strayStem } from '../../batch/file-name.ts';
import { foreignLine } from '../../batch/foreign-text.ts';
import { compareImage } from '../../batch/measure.ts';
import type { PlannedOutput } from '../../batch/plan.ts';
import { isUnmetered, judgeLine, readKey, type Verdict } from '../../batch/verdict.ts';
import type { Answer, Item, Reason, Usage } from '../../contract/index.ts';
import { unreadablePlace } from '../../contract/places.ts';
import { computeSha256 } from '../../manifest/sha256.ts';
import { measureImage } from './image.ts';

/** What one line of a result file yields: answers for the log, images for the store. */
export interface LineResult {
  answers: Answer[];
  /** File names relative to the batch's folder. */
  images: { key: string; data: Uint8Array }[];
  /** The line itself, where it is not understood: what it holds may be paid for. */
  raw?: { key: string; data: Uint8Array };
  anomalies: string[];
  /** The cost of an answer that belongs to no output, USD: Google bills it too. */
  strayUsd: number;
  /** The output whose answer does not say what it cost. */
  unmetered?: string;
}

/** The result of an empty line. */
export const EMPTY: LineResult = { answers: [], images: [], anomalies: [], strayUsd: 0 };

/** What a line is compared with. */
export interface Expectation {
  model: string;
  round: number;
  job: string;
  /** Planned outputs by id. */
  outputs: ReadonlyMap<string, { planned: PlannedOutput; item: Item }>;
  /** Images that are in the store, by output: SHA-256 to file name. Grows as lines are parsed. */
  images: Map<string, Map<string, string>>;
  /** Removes the API key from a text of Google's. */
  redactKey: (words: string) => string;
}

/** Parses one line of a result file into its answers and images. Synchronous; changes nothing but `expected.images`. */
export function parseLine(bytes: Uint8Array, expected: Expectation): LineResult {
  const line = parseJson(bytes);
  if (line === undefined) return parseBroken(bytes, expected);
  const key = readKey(line);
  const target = expected.outputs.get(key ?? '');
  if (!target) return parseUnrequested(bytes, line, key, expected);
  const verdict = judgeLine(line);
  const unmetered = isUnmetered(line, verdict) && { unmetered: target.planned.output };
  const { answers, images } = buildAnswers(verdict, target, expected);
  if (!answers.some(isNotUnderstood)) return { ...EMPTY, answers, images, ...unmetered };
  const raw = keepRaw(bytes);
  const named = answers.map((answer) => (isNotUnderstood(answer) ? { ...answer, kept: raw.key } : answer));
  return { ...EMPTY, answers: named, images, raw, ...unmetered };
}

const NOT_UNDERSTOOD: readonly (Reason | undefined)[] = [
  'undecodable',
  'unreadable',
  'malformed',
  'unknown-code',
];

function isNotUnderstood({ reason }: Pick<Answer, 'reason'>): boolean {
  return NOT_UNDERSTOOD.includes(reason);
}

/** The bytes of a line, as a file of the batch. The same bytes are kept once. */
function keepRaw(bytes: Uint8Array): NonNullable<LineResult['raw']> {
  // A copy: the line is a view of a buffer that the download uses again.
  return { key: unreadablePlace(computeSha256(bytes)), data: Buffer.from(bytes) };
}

/** Shorter lines hold no image. */
const MIN_IMAGE_LINE = 1024;

/** A line that is not JSON did not come whole, so its output gets another try. It is kept where it may hold a part of an image. */
function parseBroken(bytes: Uint8Array, { outputs }: Expectation): LineResult {
  const what = `a line of ${bytes.byteLength} bytes that is not JSON`;
  if (bytes.byteLength < MIN_IMAGE_LINE && !outputs.has(findKey(bytes) ?? ''))
    return { ...EMPTY, anomalies: [what] };
  const raw = keepRaw(bytes);
  return { ...EMPTY, raw, anomalies: [`${what}, kept as ${raw.key}`] };
}

/** The key in a line that is not JSON: fields may be in any order. */
function findKey(bytes: Uint8Array): string | undefined {
  return /"key"\s*:\s*"([^"\\]*)"/.exec(Buffer.from(bytes).toString())?.[1];
}

function buildAnswers(
  verdict: Verdict,
  { planned, item }: { planned: PlannedOutput; item: Item },
  expected: Expectation,
): Pick<LineResult, 'answers' | 'images'> {
  const { output } = planned;
  const { usage } = verdict;
  const base = { output, flags: [], round: expected.round, job: expected.job };
  const spent = { ...(usage && { usage }), costUsd: computeCost(usage, expected) };
  const textField = verdict.text ? { text: expected.redactKey(verdict.text) } : {};
  if (verdict.kind === 'none') {
    const { outcome, reason, message } = verdict;
    return {
      answers: [{ ...base, ...spent, ...textField, outcome, reason, message: expected.redactKey(message) }],
      images: [],
    };
  }

  const images: LineResult['images'] = [];
  const answers = [verdict, ...verdict.extraImages].map(({ data, claimedMime }, index): Answer => {
    const content = Buffer.from(data, 'base64');
    const measured = measureImage(content);
    // The cost of an answer is counted once, with its first image.
    const cost = index === 0 ? { ...spent, ...textField } : { costUsd: 0 };
    if (!measured) {
      return {
        ...base,
        ...cost,
        outcome: 'failed',
        reason: 'undecodable',
        message: `The answer holds ${content.byteLength} bytes that are not a complete image.`,
      };
    }
    const { extension, ...facts } = measured;
    const { name, isNew } = chooseFileName(planned, measured.sha256, extension, expected.images);
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

/**
 * Parses an answer for a key that is not in the plan. Google bills its images, so they are kept, under names that do
 * not depend on the key.
 */
function parseUnrequested(
  bytes: Uint8Array,
  line: unknown,
  key: string | undefined,
  expected: Expectation,
): LineResult {
  const verdict = judgeLine(line);
  const found = verdict.kind === 'image' ? [verdict, ...verdict.extraImages] : [];
  const images = found.flatMap(({ data }) => {
    const content = Buffer.from(data, 'base64');
    const measured = measureImage(content);
    if (!measured) return [];
    return [{ key: `images/${strayStem(measured.sha256)}.${measured.extension}`, data: content }];
  });
  const what = key === undefined ? 'an answer without a key' : `an answer for the unknown key ${quote(key)}`;
  const isUnderstood = verdict.kind === 'image' ? images.length === found.length : !isNotUnderstood(verdict);
  const raw = isUnderstood ? undefined : keepRaw(bytes);
  const [first, ...more] = [...images, ...(raw ? [raw] : [])];
  const others = more.length > 0 ? ` and ${more.length} more` : '';
  const anomaly = first ? `${what}, kept as ${first.key}${others}` : what;
  const strayUsd = computeCost(verdict.usage, expected);
  return { ...EMPTY, images, ...(raw && { raw }), anomalies: [anomaly], strayUsd };
}

function computeCost(usage: Usage | undefined, { model }: Expectation): number {
  return (usage && actualUsd(model, usage)) ?? 0;
}

/**
 * The first image of an output gets the output's name, each further one an alternate's name. The same bytes keep their
 * name.
 */
function chooseFileName(
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

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
}

/** Quotes an unknown key for the report: short, and without control characters. */
function quote(key: string): string {
  return JSON.stringify(foreignLine(key, 60) ?? '');
}
