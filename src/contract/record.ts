import type { ANSWER, IMAGE_FILE, RECORD, USAGE } from './answers/record.ts';
import type { Infer } from './rules.ts';

/** Tokens of one answer, as Google billed them. */
export type Usage = Infer<typeof USAGE>;

/** An image file of the batch, measured from its bytes and not from what the answer claims. */
export type ImageFile = Infer<typeof IMAGE_FILE>;

/** What Gemini answered for one output in one job. Records are made of these. */
export type Answer = Infer<typeof ANSWER>;

/** One line of `results.jsonl`. Every output has exactly one. */
export type OutputRecord = Infer<typeof RECORD>;
