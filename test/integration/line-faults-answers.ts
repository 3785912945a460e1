import type { Item, Outcome, Reason } from '../../src/contract/index.ts';
import type { Fault, FaultPlan } from '../../src/emulator/index.ts';

/** How often a request is retried after this answer: `often` (while there are rounds), `once`, `never`, or only `by hand`. */
type Again = 'often' | 'once' | 'never' | 'by hand';

export const LOSSES: Record<Reason, [Outcome, Again]> = {
  'prohibited-content': ['refused', 'never'],
  'image-prohibited-content': ['refused', 'never'],
  recitation: ['refused', 'never'],
  blocklist: ['refused', 'never'],
  spii: ['refused', 'never'],
  'prompt-blocked': ['refused', 'never'],
  safety: ['refused', 'once'],
  'image-safety': ['refused', 'once'],
  'no-image': ['failed', 'once'],
  'text-only': ['failed', 'once'],
  'max-tokens': ['failed', 'once'],
  other: ['failed', 'once'],
  'image-other': ['failed', 'once'],
  undecodable: ['failed', 'by hand'],
  unreadable: ['failed', 'by hand'],
  'unknown-code': ['failed', 'once'],
  invalid: ['failed', 'never'],
  deadline: ['failed', 'often'],
  quota: ['failed', 'often'],
  internal: ['failed', 'often'],
  unavailable: ['failed', 'often'],
  cancelled: ['failed', 'often'],
  malformed: ['failed', 'often'],
  'reference-expired': ['failed', 'often'],
  'no-answer': ['missing', 'often'],
  'job-expired': ['missing', 'often'],
  'job-failed': ['missing', 'often'],
};

const BY_CODE: Record<number, Reason> = {
  1: 'cancelled',
  3: 'invalid',
  4: 'deadline',
  5: 'reference-expired',
  7: 'reference-expired',
  8: 'quota',
  13: 'internal',
  14: 'unavailable',
};

const BY_FINISH: Record<string, Reason> = {
  STOP: 'no-image',
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
  MALFORMED_FUNCTION_CALL: 'malformed',
};

const BY_WORD: Record<string, AnswerContent> = {
  '[refuse]': noImage('prohibited-content'),
  '[unsafe]': noImage('image-safety'),
  '[blocked]': noImage('prompt-blocked'),
  '[no image]': noImage('no-image'),
  '[text only]': noImage('text-only'),
  '[missing]': 'nothing',
  '[fail]': noImage('internal'),
};

/** A generated image, before it is assigned to an output. */
export interface GeneratedImage {
  /** The ratio of its sides; `third` is a square of which two thirds are missing. */
  ratio: string;
  small: boolean;
  /** Colour of the emulator's plain images. Images of a batch differ only in colour, ratio and size. */
  colour: number;
  claims?: string;
  interim?: true;
}

/** The content of one answer, with its images in order. */
export type AnswerContent =
  | { images: GeneratedImage[]; billed: number }
  | { reason: Reason; billed: number }
  | 'nothing';

function noImage(reason: Reason, billed = 0): AnswerContent {
  return { reason, billed };
}

type LineFault = Extract<Fault, { fault: `line.${string}` }>;

/** The images of an answer: as requested, with these changes. */
type Make = (...changes: Partial<GeneratedImage>[]) => AnswerContent;

/** The answer for each fault. For a fault that is not listed, the prompt determines the answer. */
const BY_FAULT: {
  [One in LineFault as One['fault']]?: (fault: One, make: Make, requested: GeneratedImage) => AnswerContent;
} = {
  'line.error': ({ code }) => noImage(BY_CODE[code] ?? 'unknown-code'),
  'line.refused': ({ finishReason }) => noImage(BY_FINISH[finishReason] ?? 'unknown-code'),
  'line.blocked': () => noImage('prompt-blocked'),
  'line.text': () => noImage('text-only'),
  'line.null': () => noImage('malformed'),
  'line.missing': () => 'nothing',
  'line.interim-only': (_, make) => make({ interim: true }),
  // Of an interim image and a final one, only the final one is billed and kept.
  'line.interim-first': (_, make, { colour }) => make({ colour: (colour + 1) % 3 }),
  'line.two-images': (_, make) => make({}, {}),
  'line.wrong-ratio': (_, make, { ratio }) =>
    make(ratio === '1:1' ? { ratio: 'third', small: true } : { ratio: swapSides(ratio) }),
  'line.wrong-size': (_, make) => make({ small: true }),
  'line.mime': ({ mimeType }, make) => make({ claims: mimeType }),
  'line.broken-base64': () => noImage('undecodable', 1),
  'line.no-picture': () => noImage('undecodable', 1),
};

/** The answer to a row: variant 0 is its own, each other number is a further answer to it. */
function readContent({ fault, item }: Row, variant: number): AnswerContent {
  const requested: GeneratedImage = { ratio: item.aspectRatio ?? '1:1', small: false, colour: variant % 3 };
  const make: Make = (...changes) => ({
    images: changes.map((change, at) => ({ ...requested, colour: (variant + at) % 3, ...change })),
    billed: changes.length,
  });
  const byFault = fault && (BY_FAULT[fault.fault] as ((...args: unknown[]) => AnswerContent) | undefined);
  if (byFault) return byFault(fault, make, requested);
  return Object.entries(BY_WORD).find(([word]) => item.prompt.includes(word))?.[1] ?? make({});
}

function swapSides(ratio: string): string {
  return ratio.split(':').toReversed().join(':');
}

/** One request of a job, and the fault that affects its line. */
export interface Row {
  output: string;
  item: Item;
  fault: LineFault | undefined;
}

export interface Line {
  /** Undefined if the line cannot be parsed. */
  key: string | undefined;
  content: Exclude<AnswerContent, 'nothing'>;
  /** A copy of the previous line, which is not billed again. */
  again?: true;
}

/** The lines of a row, adjacent in every file: one line, unless a fault is listed here. */
const WRITTEN: { [One in LineFault as One['fault']]?: (fault: One, line: Write, own: string) => Line[] } = {
  'line.malformed': (_, line) => line(undefined, 0),
  'line.renamed': (fault, line) => line(formatKey(fault), 0),
  'line.stray': (fault, line, own) => [...line(own, 0), ...line(formatKey(fault), 1)],
  'line.doubled': ({ copies = 1, answer }, line, own) => [
    ...line(own, 0),
    ...Array.from({ length: copies }, (_, at) =>
      answer === 'other' ? line(own, at + 1) : line(own, 0, true),
    ).flat(),
  ],
};

type Write = (key: string | undefined, variant: number, again?: true) => Line[];

export function readLines(row: Row): Line[] {
  const line: Write = (key, variant, again) => {
    const content = readContent(row, variant);
    return content === 'nothing' ? [] : [{ key, content, ...(again && { again }) }];
  };
  const { fault, output } = row;
  const byFault = fault && (WRITTEN[fault.fault] as ((...args: unknown[]) => Line[]) | undefined);
  return byFault ? byFault(fault, line, output) : line(output, 0);
}

function formatKey({ key, length = key.length }: { key: string; length?: number }): string {
  return key.repeat(Math.ceil(length / key.length)).slice(0, length);
}

/** The first fault of the plan that matches this output in the nth job that contains it. */
export function findFault({ faults }: FaultPlan, output: string, nth: number): LineFault | undefined {
  return faults
    .filter((fault): fault is LineFault => fault.fault.startsWith('line.'))
    .find(
      ({ match = {} }) =>
        new RegExp(match.key ?? '', 'u').test(output) &&
        (match.nth === undefined || [match.nth].flat().includes(nth)),
    );
}
