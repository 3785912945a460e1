import type { Reason, Usage } from '../contract/record.ts';
import { foreignLine, foreignText } from './foreign-text.ts';
import { field, isObject, listField, textField } from './json.ts';
import { formatReason, type Loss, toOutcome } from './reasons.ts';
import { parseRowError } from './row-error.ts';
import { parseUsage } from './usage.ts';

/** An image as it stands in an answer. */
export interface InlineImage {
  /** Base64, not looked at. */
  data: string;
  /** What the answer says it is; empty where it does not say. The bytes have the last word. */
  claimedMime: string;
}

/** What one line of a result file says. */
export type Verdict = ImageVerdict | LossVerdict;

export interface ImageVerdict extends InlineImage {
  kind: 'image';
  /** The only image there is was marked as a thought. */
  interimOnly: boolean;
  /** Further images that are no thoughts, in their order: they were billed too. */
  extraImages: InlineImage[];
  text?: string;
  usage?: Usage;
}

export interface LossVerdict {
  kind: 'none';
  outcome: Loss;
  reason: Reason;
  /** At most 500 characters, on one line. */
  message: string;
  /** What the model said, at most 2000 characters. */
  text?: string;
  usage?: Usage;
}

const MAX_MESSAGE = 500;
const MAX_TEXT = 2000;

/** Finish reasons by what they mean where there is no image. The rest of `MALFORMED_*` is read by its beginning. */
const FINISH_REASONS: Readonly<Record<string, Reason>> = {
  MAX_TOKENS: 'max-tokens',
  SAFETY: 'safety',
  RECITATION: 'recitation',
  LANGUAGE: 'other',
  OTHER: 'other',
  BLOCKLIST: 'blocklist',
  PROHIBITED_CONTENT: 'prohibited-content',
  SPII: 'spii',
  IMAGE_SAFETY: 'image-safety',
  IMAGE_PROHIBITED_CONTENT: 'image-prohibited-content',
  IMAGE_RECITATION: 'recitation',
  IMAGE_OTHER: 'image-other',
  NO_IMAGE: 'no-image',
};
/** Finish reasons that say nothing about why there is no image. */
const ORDINARY = ['', 'STOP', 'FINISH_REASON_UNSPECIFIED'];

/** The key a line answers to; undefined where it has none. */
export function readKey(line: unknown): string | undefined {
  return textField(line, 'key') || undefined;
}

/**
 * What a parsed line says, whatever it holds: it never throws. An image wins over everything else in its line, because it
 * was paid for.
 */
export function judgeLine(line: unknown): Verdict {
  const answer = judgeResponse(field(line, 'response'));
  if (answer?.kind === 'image') return answer;
  const error = parseRowError(field(line, 'error')) ?? parseRowError(field(line, 'status'));
  if (error) return loss(error.reason, error.message, { usage: answer?.usage });
  return answer ?? loss('malformed', 'The line has neither an answer nor an error.', {});
}

function judgeResponse(response: unknown): Verdict | undefined {
  if (!isObject(response)) return undefined;
  const candidates = listField(response, 'candidates');
  const parts = candidates.flatMap((candidate) => listField(field(candidate, 'content'), 'parts'));
  const images = findImages(parts);
  const said = {
    text: foreignText(spokenText(parts), MAX_TEXT),
    usage: parseUsage(field(response, 'usageMetadata'), { hasImage: images.length > 0 }),
  };
  return imageVerdict(images, said) ?? judgeLoss(response, candidates, said);
}

interface Said {
  text?: string | undefined;
  usage?: Usage | undefined;
}

interface FoundImage extends InlineImage {
  thought: boolean;
}

/** The last image that is no thought; else the last thought. */
function imageVerdict(images: readonly FoundImage[], said: Said): ImageVerdict | undefined {
  const final = images.filter((image) => !image.thought);
  const chosen = final.at(-1) ?? images.at(-1);
  if (!chosen) return undefined;
  return {
    kind: 'image',
    data: chosen.data,
    claimedMime: chosen.claimedMime,
    interimOnly: chosen.thought,
    extraImages: final.slice(0, -1).map(({ data, claimedMime }) => ({ data, claimedMime })),
    ...present(said),
  };
}

function findImages(parts: readonly unknown[]): FoundImage[] {
  return parts.flatMap((part) => {
    const inline = field(part, 'inlineData');
    const data = textField(inline, 'data');
    if (data === '') return [];
    return [{ data, claimedMime: textField(inline, 'mimeType').slice(0, 100), thought: isThought(part) }];
  });
}

function spokenText(parts: readonly unknown[]): string {
  return parts
    .filter((part) => !isThought(part))
    .map((part) => textField(part, 'text'))
    .join('');
}

function isThought(part: unknown): boolean {
  return field(part, 'thought') === true;
}

function judgeLoss(response: unknown, candidates: readonly unknown[], said: Said): LossVerdict {
  const feedback = field(response, 'promptFeedback');
  const blocked = textField(feedback, 'blockReason');
  if (blocked) {
    const google = textField(feedback, 'blockReasonMessage');
    return loss('prompt-blocked', google || formatReason('prompt-blocked', blocked), said);
  }
  if (candidates.length === 0) return loss('malformed', 'The answer is empty.', said);

  const finishes = candidates.map((candidate) => textField(candidate, 'finishReason'));
  const finish = finishes.find((one) => !ORDINARY.includes(one)) ?? '';
  const reason = toReason(finish, said.text !== undefined);
  const google = candidates
    .map((candidate) => textField(candidate, 'finishMessage'))
    .find((text) => text.trim() !== '');
  return loss(reason, google ?? formatReason(reason, finish), said);
}

function toReason(finish: string, spoke: boolean): Reason {
  if (finish === '') return spoke ? 'text-only' : 'no-image';
  if (finish.startsWith('MALFORMED_')) return 'malformed';
  return Object.hasOwn(FINISH_REASONS, finish) ? (FINISH_REASONS[finish] as Reason) : 'unknown-code';
}

function loss(reason: Reason, message: string, said: Said): LossVerdict {
  return {
    kind: 'none',
    outcome: toOutcome(reason),
    reason,
    message: foreignLine(message, MAX_MESSAGE) ?? formatReason(reason),
    ...present(said),
  };
}

function present({ text, usage }: Said): { text?: string; usage?: Usage } {
  return { ...(text !== undefined && { text }), ...(usage && { usage }) };
}
