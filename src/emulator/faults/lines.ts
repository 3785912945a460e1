import { z } from 'zod';
import type { Picture, Row } from '../jobs/jobs.ts';
import type { Pixels } from '../models.ts';
import type { Effect, ImageSpec } from '../rows/effects.ts';
import { Count, onCreation } from './kind.ts';

type Kept = Pick<Row, 'effect' | 'shape'>;

/** `key` is written again and again until it has `length` characters. */
const KEY = { key: z.string().min(1), length: Count.optional() };

/** What can be in a row's line in place of its image. */
const EFFECT_FAULTS = {
  error: onCreation(
    'a row error with the google.rpc `code`; `message: null` leaves the message out; `field: "status"` in place of `error`',
    {
      code: z.int(),
      message: z.string().nullable().default('Internal error encountered.'),
      field: z.enum(['error', 'status']).default('error'),
    },
    ({ code, message, field }): Kept => effect({ kind: 'error', code, message: message ?? undefined, field }),
  ),

  refused: onCreation(
    'an answer without an image for a `finishReason`; its `content` is `no-parts`, `empty` or `absent`',
    {
      finishReason: z.string(),
      finishMessage: z.string().optional(),
      content: z.enum(['no-parts', 'empty', 'absent']).default('empty'),
    },
    (args): Kept => effect({ kind: 'refused', ...args }),
  ),

  blocked: onCreation(
    'a promptFeedback with this `blockReason` and no candidates',
    { blockReason: z.string() },
    ({ blockReason }): Kept => effect({ kind: 'blocked', blockReason }),
  ),

  text: onCreation('an answer that is only text', {}, (): Kept => effect({ kind: 'text' })),
  null: onCreation('`"response": null`', {}, (): Kept => effect({ kind: 'null' })),
  missing: onCreation('no line', {}, (): Kept => effect({ kind: 'missing' })),
};

/** What can be wrong with the image. */
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
    'another aspect ratio than asked for',
    {},
    (_, picture: Picture): Kept => images({ pixels: otherRatio(picture) }),
  ),
  'wrong-size': onCreation(
    'half as wide and high as asked for',
    {},
    (_, { width, height }: Picture): Kept => images({ pixels: { width: width / 2, height: height / 2 } }),
  ),
  mime: onCreation(
    'the answer says `mimeType`, whatever the bytes are',
    { mimeType: z.string() },
    ({ mimeType }): Kept => images({ mimeType }),
  ),
  'broken-base64': onCreation(
    'base64 with characters that are none',
    {},
    (): Kept => images({ broken: 'base64' }),
  ),
  'no-picture': onCreation('bytes that are no image', {}, (): Kept => images({ broken: 'picture' })),
  large: onCreation(
    'an image so large that its line has at least `bytes`: 40000000',
    { bytes: Count.max(400_000_000) },
    ({ bytes }): Kept => images({ bytes: Math.ceil((bytes * 3) / 4) }),
  ),
};

/** What can be wrong with the line. */
const SHAPE_FAULTS = {
  doubled: onCreation(
    'written `copies` times more (default 1): `answer` is `same` (default, the same bytes) or `other` (another answer, billed)',
    { copies: Count.default(1), answer: z.enum(['same', 'other']).default('same') },
    ({ copies, answer }): Kept => ({
      shape: {
        extra: Array.from({ length: copies }, (_, at) => ({ variant: answer === 'same' ? 0 : at + 1 })),
      },
    }),
  ),
  stray: onCreation(
    'a further line with an image for a `key` that nobody asked for, billed; `../../x`, `\\u0000`; `length` makes it long',
    KEY,
    (args): Kept => ({ shape: { extra: [{ key: longKey(args), variant: 1 }] } }),
  ),
  renamed: onCreation(
    'its line says this `key` in place of its own',
    KEY,
    (args): Kept => ({ shape: { key: longKey(args) } }),
  ),
  reversed: onCreation('all fields in the opposite order', {}, (): Kept => ({ shape: { reversed: true } })),
  malformed: onCreation(
    'the second half of the line is not there',
    {},
    (): Kept => ({ shape: { malformed: true } }),
  ),
};

export const LINE_FAULTS = { ...EFFECT_FAULTS, ...IMAGE_FAULTS, ...SHAPE_FAULTS };

function effect(effect: Effect): Kept {
  return { effect };
}

function images(...images: ImageSpec[]): Kept {
  return effect({ kind: 'images', images });
}

/** On its side; of a square a third. */
function otherRatio({ width, height }: Picture): Pixels {
  return width === height ? { width, height: Math.round(height / 3) } : { width: height, height: width };
}

function longKey({ key, length = key.length }: { key: string; length?: number | undefined }): string {
  return key.repeat(Math.ceil(length / key.length)).slice(0, length);
}
