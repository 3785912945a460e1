import type { Usage } from '../contract/record.ts';
import { clip } from '../contract/text.ts';
import type { Reason } from '../contract/words.ts';
import { foreignLine, foreignText } from './foreign-text.ts';
import { field, isObject, listField, textField } from './json.ts';
import { formatReason, type Loss, toOutcome } from './reasons.ts';
import { parseRowError } from './row-error.ts';
import { parseUsage } from './usage.ts';

/** An image in an answer. */
export interface InlineImage {
  /** Base64, not decoded yet. */
  data: string;
  /** The type that the answer claims; empty where it claims none. The bytes decide. */
  claimedMime: string;
}

/** The meaning of one line of a result file. */
export type Verdict = ImageVerdict | LossVerdict;

export interface ImageVerdict extends InlineImage {
  kind: 'image';
  /** Every image of the answer was marked as a thought. */
  interimOnly: boolean;
  /** Further images that are not thoughts, in their order: they are billed too. */
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
  /** The model's text, at most 2000 characters. */
  text?: string;
  usage?: Usage;
}

const MAX_MESSAGE = 500;
const MAX_TEXT = 2000;

/** The reason for each finish reason of an answer without an image. `MALFORMED_*` is matched by its beginning. */
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
/** Finish reasons that do not explain why there is no image. */
const UNINFORMATIVE = ['', 'STOP', 'FINISH_REASON_UNSPECIFIED'];

/** The key of the output that a line answers; undefined where it has none. */
export function readKey(line: unknown): string | undefined {
  return textField(line, 'key') || undefined;
}

/**
 * Interprets a parsed line. Never throws, whatever the line holds. An image wins over everything else in its line,
 * because it was paid for.
 */
export function judgeLine(line: unknown): Verdict {
  const answer = judgeResponse(field(line, 'response'));
  if (answer?.kind === 'image') return answer;
  const error = parseRowError(field(line, 'error')) ?? parseRowError(field(line, 'status'));
  if (error) return loss(error.reason, error.message, { usage: answer?.usage });
  if (answer) return answer;
  const message = 'The line of the result file has neither an answer nor an error.';
  return loss(hasUnknownContent(line) ? 'unreadable' : 'malformed', message, {});
}

/** Whether a line may be billed for something that its usage does not say. */
export function isUnmetered(line: unknown, verdict: Verdict): boolean {
  if (verdict.usage) return false;
  return (
    !isEmpty(field(line, 'response') ?? null) || (verdict.kind === 'none' && verdict.reason === 'unreadable')
  );
}

/** The fields of a line that may be empty without being an answer. */
const KNOWN_FIELDS: readonly string[] = ['key', 'metadata'];

/** Whether a line holds something in a shape that Google's documentation does not have: it may be an answer, and billed. */
function hasUnknownContent(line: unknown): boolean {
  if (!isObject(line)) return false;
  return Object.entries(line).some(([name, value]) => !KNOWN_FIELDS.includes(name) && !isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return (
    value === null || value === '' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
  );
}

function judgeResponse(response: unknown): Verdict | undefined {
  if (!isObject(response)) return undefined;
  const candidates = listField(response, 'candidates');
  const parts = candidates.flatMap((candidate) => listField(field(candidate, 'content'), 'parts'));
  const images = findImages(parts);
  const answer = {
    text: foreignText(joinText(parts), MAX_TEXT),
    usage: parseUsage(field(response, 'usageMetadata'), { hasImage: images.length > 0 }),
  };
  return imageVerdict(images, answer) ?? judgeLoss(response, candidates, answer);
}

interface AnswerText {
  text?: string | undefined;
  usage?: Usage | undefined;
}

interface FoundImage extends InlineImage {
  thought: boolean;
}

/** Chooses the last image that is not a thought, else the last thought. */
function imageVerdict(images: readonly FoundImage[], answer: AnswerText): ImageVerdict | undefined {
  const final = images.filter((image) => !image.thought);
  const chosen = final.at(-1) ?? images.at(-1);
  if (!chosen) return undefined;
  return {
    kind: 'image',
    data: chosen.data,
    claimedMime: chosen.claimedMime,
    interimOnly: chosen.thought,
    extraImages: final.slice(0, -1).map(({ data, claimedMime }) => ({ data, claimedMime })),
    ...present(answer),
  };
}

function findImages(parts: readonly unknown[]): FoundImage[] {
  return parts.flatMap((part) => {
    const inline = field(part, 'inlineData');
    const data = textField(inline, 'data');
    if (data === '') return [];
    return [{ data, claimedMime: clip(textField(inline, 'mimeType'), 100), thought: isThought(part) }];
  });
}

function joinText(parts: readonly unknown[]): string {
  return parts
    .filter((part) => !isThought(part))
    .map((part) => textField(part, 'text'))
    .join('');
}

function isThought(part: unknown): boolean {
  return field(part, 'thought') === true;
}

function judgeLoss(response: unknown, candidates: readonly unknown[], answer: AnswerText): LossVerdict {
  const feedback = field(response, 'promptFeedback');
  const blocked = textField(feedback, 'blockReason');
  if (blocked) {
    const googleMessage = textField(feedback, 'blockReasonMessage');
    return loss('prompt-blocked', googleMessage || formatReason('prompt-blocked', blocked), answer);
  }
  const isBilled = (answer.usage?.image ?? 0) > 0;
  if (candidates.length === 0)
    return loss(isBilled ? 'unreadable' : 'malformed', 'The answer is empty.', answer);

  const finishes = candidates.map((candidate) => textField(candidate, 'finishReason'));
  const finish = finishes.find((reason) => !UNINFORMATIVE.includes(reason)) ?? '';
  const named = toReason(finish, answer.text !== undefined);
  const isExplained = finish !== '' && named !== 'unknown-code';
  const reason = isBilled && !isExplained ? 'unreadable' : named;
  const googleMessage = candidates
    .map((candidate) => textField(candidate, 'finishMessage'))
    .find((text) => text.trim() !== '');
  return loss(reason, googleMessage ?? formatReason(reason, finish), answer);
}

function toReason(finish: string, hasText: boolean): Reason {
  if (finish === '') return hasText ? 'text-only' : 'no-image';
  if (finish.startsWith('MALFORMED_')) return 'malformed';
  return Object.hasOwn(FINISH_REASONS, finish) ? (FINISH_REASONS[finish] as Reason) : 'unknown-code';
}

function loss(reason: Reason, message: string, answer: AnswerText): LossVerdict {
  return {
    kind: 'none',
    outcome: toOutcome(reason),
    reason,
    message: foreignLine(message, MAX_MESSAGE) ?? formatReason(reason),
    ...present(answer),
  };
}

function present({ text, usage }: AnswerText): { text?: string; usage?: Usage } {
  return { ...(text !== undefined && { text }), ...(usage && { usage }) };
}
