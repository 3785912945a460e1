import type { FileAsMade } from './line-faults-model.ts';
import type { ResultFile } from './line-faults-run.ts';

/** A line of a result file as the emulator wrote it. */
export interface RawLine {
  key: string | undefined;
  /** The bytes of all images except those of thoughts, valid or not; or of the only image. */
  images: Buffer[];
  /** USD. */
  cost: number;
}

interface Part {
  thought?: boolean;
  inlineData?: { data: string };
}
interface RawUsage {
  promptTokenCount?: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
  candidatesTokensDetails?: { modality: string; tokenCount: number }[];
}

/** USD per million tokens in a batch: input, text, image. */
const PRICES: Record<string, readonly [number, number, number]> = {
  'gemini-3-pro-image': [1, 6, 60],
  'gemini-nano-banana-2.1': [0.75, 3.75, 15],
};

/** Every non-empty line, and the rest after the last newline if it can be parsed. */
export function readLines({ text }: ResultFile, model: string): RawLine[] {
  const lines = text.split('\n').map((line) => readLine(line, model));
  const rest = lines.pop();
  return [...lines, ...(rest?.key === undefined ? [] : [rest])].filter((line) => line !== undefined);
}

function readLine(text: string, model: string): RawLine | undefined {
  if (text.trim() === '') return undefined;
  try {
    const { key, response } = JSON.parse(text);
    const parts: Part[] = response?.candidates?.[0]?.content?.parts ?? [];
    const images = parts.filter(({ inlineData }) => inlineData);
    const final = images.filter(({ thought }) => !thought);
    const data = (final.length > 0 ? final : images).map(({ inlineData }) => inlineData?.data ?? '');
    return {
      key,
      images: data.map((base64) => Buffer.from(base64, 'base64')),
      cost: computeCost(response?.usageMetadata ?? {}, model),
    };
  } catch {
    return { key: undefined, images: [], cost: 0 };
  }
}

function computeCost(usage: RawUsage, model: string): number {
  const [input, text, picture] = PRICES[model] ?? [0, 0, 0];
  const image = usage.candidatesTokensDetails?.find(({ modality }) => modality === 'IMAGE')?.tokenCount ?? 0;
  const textTokens = (usage.candidatesTokenCount ?? 0) - image + (usage.thoughtsTokenCount ?? 0);
  return ((usage.promptTokenCount ?? 0) * input + textTokens * text + image * picture) / 1e6;
}

/** The unreadable rest of a file after its last newline. */
export function readRest(file: ResultFile | undefined): string {
  const rest = file?.text.split('\n').at(-1) ?? '';
  return readLine(rest, '')?.key === undefined ? rest : '';
}

export function describeFile({ order }: ResultFile, lines: readonly RawLine[]): FileAsMade {
  return { order, lines: lines.length };
}
