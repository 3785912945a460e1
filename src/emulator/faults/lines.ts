import { z } from 'zod';
import type { Picture, Row } from '../jobs/jobs.ts';
import type { Pixels } from '../models.ts';
import type { Effect, ImageSpec } from '../rows/effects.ts';
import { Count, onCreation } from './kind.ts';

type Kept = Pick<Row, 'effect' | 'shape'>;

/** `key` is repeated until it has `length` characters. */
const KEY = { key: z.string().min(1), length: Count.optional() };

/** Faults that replace the image of a row. */
const EFFECT_FAULTS = {
  error: onCreation(
    'a row error with the google.rpc `code`; `message: null` leaves the message out; `field: "status"` instead of `error`',
    {
      code: z.int(),
      message: z.string().nullable().default('Internal error encountered.'),
      field: z.enum(['error', 'status']).default('error'),
    },
    ({ code, message, field }): Kept => effect({ kind: 'error', code, message: message ?? undefined, field }),
  ),

  refused: onCreation(
    'an answer without an image, with this `finishReason`; its `content` is `no-parts`, `empty` or `absent`',
    {
      finishReason: z.string(),
      finishMessage: z.string().optional(),
      content: z.enum(['no-parts', 'empty', 'absent']).default('empty'),
    },
    (args): Kept => effect({ kind: 'refused', ...args }),
  ),

  blocked: onCreation(
    'a promptFeedback with this `blockReason`, and no candidates',
    { blockReason: z.string() },
    ({ blockReason }): Kept => effect({ kind: 'blocked', blockReason }),
  ),

  text: onCreation('an answer with only text', {}, (): Kept => effect({ kind: 'text' })),
  null: onCreation('`"response": null`', {}, (): Kept => effect({ kind: 'null' })),
  missing: onCreation('no line', {}, (): Kept => effect({ kind: 'missing' })),
};

/** Faults of the image. */
const IMAGE_FAULTS = {
  'interim-only': onCreation(
    'its only image is marked as a thought',
    {},
    (): Kept => images({ thought: true }),
  ),
  'interim-first': onCreation(
    'a thought image before the real one',
    {},
    (): Kept => images({ thought: true }, {}),
  ),
  'two-images': onCreation('two images, both billed', {}, (): Kept => images({}, {})),
  'wrong-ratio': onCreation(
    'another aspect ratio than requested',
    {},
    (_, picture: Picture): Kept => images({ pixels: otherRatio(picture) }),
  ),
  'wrong-size': onCreation(
    'half the requested width and height',
    {},
    (_, { width, height }: Picture): Kept => images({ pixels: { width: width / 2, height: height / 2 } }),
  ),
  mime: onCreation(
    'the answer claims `mimeType`, whatever the bytes are',
    { mimeType: z.string() },
    ({ mimeType }): Kept => images({ mimeType }),
  ),
  'broken-base64': onCreation('base64 with invalid characters', {}, (): Kept => images({ broken: 'base64' })),
  'no-picture': onCreation('bytes that are not an image', {}, (): Kept => images({ broken: 'picture' })),
  large: onCreation(
    'an image so large that its line has at least `bytes`: 40000000',
    { bytes: Count.max(400_000_000) },
    ({ bytes }): Kept => images({ bytes: Math.ceil((bytes * 3) / 4) }),
  ),
};

/** Faults of the line. */
const SHAPE_FAULTS = {
  doubled: onCreation(
    'it is written `copies` more times (default 1): `answer` is `same` (default, the same bytes) or `other` (another answer, billed)',
    { copies: Count.default(1), answer: z.enum(['same', 'other']).default('same') },
    ({ copies, answer }): Kept => ({
      shape: {
        extra: Array.from({ length: copies }, (_, at) => ({ variant: answer === 'same' ? 0 : at + 1 })),
      },
    }),
  ),
  stray: onCreation(
    'an extra line with an image for a `key` that was not requested, billed; `../../x`, `\\u0000`; `length` makes the key long',
    KEY,
    (args): Kept => ({ shape: { extra: [{ key: longKey(args), variant: 1 }] } }),
  ),
  renamed: onCreation(
    'its line has this `key` instead of its own',
    KEY,
    (args): Kept => ({ shape: { key: longKey(args) } }),
  ),
  reversed: onCreation('all fields in reverse order', {}, (): Kept => ({ shape: { reversed: true } })),
  malformed: onCreation(
    'the second half of the line is missing',
    {},
    (): Kept => ({ shape: { malformed: true } }),
  ),
  elsewhere: onCreation(
    'its image (`of: "image"`, default) or its whole answer (`of: "answer"`) is in a field that the documentation does not have, billed',
    { of: z.enum(['image', 'answer']).default('image') },
    ({ of }): Kept => ({ shape: { elsewhere: of } }),
  ),
};

export const LINE_FAULTS = { ...EFFECT_FAULTS, ...IMAGE_FAULTS, ...SHAPE_FAULTS };

function effect(effect: Effect): Kept {
  return { effect };
}

function images(...images: ImageSpec[]): Kept {
  return effect({ kind: 'images', images });
}

/** The same image turned by 90 degrees; for a square, a third of its height. */
function otherRatio({ width, height }: Picture): Pixels {
  return width === height ? { width, height: Math.round(height / 3) } : { width: height, height: width };
}

function longKey({ key, length = key.length }: { key: string; length?: number | undefined }): string {
  return key.repeat(Math.ceil(length / key.length)).slice(0, length);
}
