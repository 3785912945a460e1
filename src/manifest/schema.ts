import { z } from 'zod';
import { MODELS } from '../batch/models.ts';
import { BATCH_ID, isBatchId } from '../contract/batch-id.ts';
import { NOTIFY_TARGET } from '../contract/notify.ts';
import { RUN_BLOCK } from '../contract/options.ts';
import { MAX_OUTPUTS } from '../contract/words.ts';
import { toInlineZod } from '../schemas/to-zod.ts';
import { KEY_PATTERN, MAX_KEY_CHARACTERS } from './key.ts';
import { MAX_NAME_CHARACTERS, MAX_SEED, MAX_TEXT_CHARACTERS, MIN_SEED } from './limits.ts';

/**
 * The one schema of a manifest as people write it. `docs/manifest.schema.json` is made from it, so its descriptions are for
 * readers in an editor. The `error` of a field says what would be right; mistakes.ts says what is wrong. Rules that need more
 * than one field, or have a code of their own, are in rules/. The `run` block is defined in contract/options.ts.
 */

const MODEL_NAMES = MODELS.flatMap(({ id, names }) => [...names, id]);
const RATIOS = [...new Set(MODELS.flatMap(({ ratios }) => ratios))];
const SIZES = [...new Set(MODELS.flatMap(({ sizes }) => sizes))];
/** Of Google's enum, `@google/genai` 2.32; without `…_UNSPECIFIED`. */
const HARM_CATEGORIES = [
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
  'HARM_CATEGORY_CIVIC_INTEGRITY',
  'HARM_CATEGORY_IMAGE_HATE',
  'HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT',
  'HARM_CATEGORY_IMAGE_HARASSMENT',
  'HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_JAILBREAK',
] as const;
const HARM_THRESHOLDS = [
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
] as const;

function text(error: string) {
  return z.string({ error });
}

const COUNT = `A whole number from 1 to ${MAX_OUTPUTS}.`;
const SEED = `A whole number from ${MIN_SEED} to ${MAX_SEED}.`;
const TEMPERATURE = 'A number from 0 to 2.';
const NAME = `A text of 1 to ${MAX_NAME_CHARACTERS} characters in one line.`;
const PARENT = 'The id of a batch: lower-case letters, digits and "-".';
const REFERENCE = 'A path, an https URL, or a list of them.';

const safetySetting = z.strictObject(
  {
    category: z.enum(HARM_CATEGORIES, { error: `One of ${HARM_CATEGORIES.join(', ')}.` }),
    threshold: z.enum(HARM_THRESHOLDS, { error: `One of ${HARM_THRESHOLDS.join(', ')}.` }),
  },
  { error: 'A map of category and threshold.' },
);

/** What an item may have and `defaults` gives to all that have it not. */
const shared = {
  aspectRatio: text('A ratio in quotes, such as "4:5".')
    .meta({
      description: 'Width to height. Left out: the ratio of the first reference, else 1:1.',
      anyOf: [{ enum: RATIOS }, { pattern: '^[1-9]\\d{0,2}:[1-9]\\d{0,2}$' }],
    })
    .optional(),
  imageSize: text('A size in quotes, such as "1K".')
    .meta({
      description: 'Of what the model offers. Default: 1K.',
      anyOf: [{ enum: SIZES }, { type: 'string' }],
    })
    .optional(),
  count: z
    .int({ error: COUNT })
    .min(1, { error: COUNT })
    .max(MAX_OUTPUTS, { error: COUNT })
    .meta({
      description: `How many images of it: 1 to ${MAX_OUTPUTS}, and at most that over all items. Default: 1.`,
    })
    .optional(),
  systemInstruction: text('A text.')
    .meta({ description: 'Stands before the prompt.', maxLength: MAX_TEXT_CHARACTERS })
    .optional(),
  seed: z
    .int({ error: SEED })
    .min(MIN_SEED, { error: SEED })
    .max(MAX_SEED, { error: SEED })
    .meta({ description: 'The n-th image of an item gets seed + n - 1.' })
    .optional(),
  temperature: z
    .number({ error: TEMPERATURE })
    .min(0, { error: TEMPERATURE })
    .max(2, { error: TEMPERATURE })
    .meta({ description: 'From 0 to 2; Google’s default is 1.' })
    .optional(),
  safetySettings: z
    .array(safetySetting, { error: 'A list of maps with category and threshold.' })
    .meta({ description: 'How strictly Google filters; one threshold for each category.' })
    .optional(),
};

const item = z.strictObject(
  {
    key: text('A text; in quotes where it looks like a number.').meta({
      description:
        'Names the image files. Letters and digits of any script, "-", "_", "." (not first); unique without case.',
      pattern: KEY_PATTERN,
      minLength: 1,
      maxLength: MAX_KEY_CHARACTERS,
    }),
    prompt: text('A text that says what the image shows.').meta({
      description: 'What the image shows.',
      pattern: '\\S',
      maxLength: MAX_TEXT_CHARACTERS,
    }),
    references: z
      .array(text('The name of a reference.'), { error: 'A list of names, such as [bottle, brand].' })
      .meta({ description: 'Names from `references` above, in the order in which the model sees them.' })
      .optional(),
    ...shared,
    metadata: z
      .record(z.string(), z.unknown(), { error: 'A map, such as { sku: "B-204" }.' })
      .meta({ description: 'Anything of your own; carried into the records untouched.' })
      .optional(),
  },
  { error: 'A map with a key and a prompt.' },
);

const reference = z.union(
  [text(REFERENCE), z.array(text(REFERENCE), { error: REFERENCE }).min(1, { error: REFERENCE })],
  {
    error: REFERENCE,
  },
);

export const manifestSchema = z.strictObject(
  {
    $schema: text('The address of a JSON Schema.').meta({ description: 'For editors; not read.' }).optional(),
    name: text(NAME)
      // The pattern is not tried on a longer text: its time grows with the square of the length.
      .max(MAX_NAME_CHARACTERS, { error: NAME, abort: true })
      .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*[^\s\p{Cc}][^\p{Cc}\p{Zl}\p{Zp}]*$/u, { error: NAME })
      .meta({ description: 'Becomes part of the batch id.' }),
    model: text('The name of a model, such as nano-banana-pro.').meta({
      description: 'A name, or Google’s own id.',
      anyOf: [{ enum: MODEL_NAMES }, { pattern: '^(models/)?gemini-[a-z0-9.-]{1,90}$' }],
    }),
    defaults: z
      .strictObject(shared, { error: 'A map, such as { aspectRatio: "4:5" }.' })
      .meta({ description: 'For every item that does not say otherwise.' })
      .optional(),
    references: z
      .record(z.string(), reference, { error: 'A map of names, such as { bottle: ./refs/bottle.png }.' })
      .meta({
        description:
          'Input images, named once: a path relative to this file, or an https URL; a list is a named set whose order is kept.',
      })
      .optional(),
    items: z
      .array(item, { error: 'A list of maps with a key and a prompt.' })
      .min(1, { error: 'At least one item.' })
      .meta({ description: 'What is wanted, one entry for each motif.' }),
    run: toInlineZod(RUN_BLOCK)
      .meta({
        description:
          'How the batch is run. Each field but `notify` is also a flag, which replaces the field.',
      })
      .optional(),
    parent: text(PARENT)
      .refine(isBatchId, { error: PARENT })
      .meta({
        description: 'The batch whose unfinished outputs these are; written by hummingbatch.',
        ...BATCH_ID.json,
      })
      .optional(),
  },
  { error: 'A map with name, model and items.' },
);

/** A manifest as people write it, once the schema has nothing against it. */
export type ManifestInput = z.infer<typeof manifestSchema>;
export type ItemInput = z.infer<typeof item>;

/** The fields of each place, for those who look for what was meant. */
export const FIELDS = {
  manifest: Object.keys(manifestSchema.shape),
  defaults: Object.keys(shared),
  item: Object.keys(item.shape),
  run: Object.keys(RUN_BLOCK.fields),
  notifyTarget: Object.keys(NOTIFY_TARGET.fields),
  safetySetting: Object.keys(safetySetting.shape),
} as const;
