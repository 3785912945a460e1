import { BATCH_ID } from './batch-id.ts';
import { BATCH_OPTIONS } from './options.ts';
import { choice, hasLength, type Infer, list, object, optional, text } from './rules.ts';
import { FLAGS, MAX_OUTPUTS, OUTCOMES } from './words.ts';

/** The workflow's type, as other languages name it. */
export const WORKFLOW_TYPE = 'imageBatch';

/** The workflow id of a batch. */
export function toWorkflowId(batchId: string): string {
  return `image-batch/${batchId}`;
}

const MAX_STORE_KEY_CHARACTERS = 1024;
const STORE_KEY = `a key of the store, a text of 1 to ${MAX_STORE_KEY_CHARACTERS} characters`;
export const STORE_KEY_JSON = { minLength: 1, maxLength: MAX_STORE_KEY_CHARACTERS };

function isStoreKey(key: string): boolean {
  return hasLength(key, 1, MAX_STORE_KEY_CHARACTERS);
}

/** Where a manifest is in the store. */
export function manifestPlace(uri: { description: string; json?: Record<string, unknown> }) {
  return object('the manifest', {
    uri: text(isStoreKey, { must: STORE_KEY, ...uri }),
    sha256: text((hash) => /^[0-9a-f]{64}$/.test(hash), {
      must: 'the SHA-256 of the manifest’s bytes, 64 lower-case hex digits',
      description: 'Of its bytes, lower-case hex.',
      json: { pattern: '^[0-9a-f]{64}$' },
    }),
  });
}

/** Keys in the input of a retry: at 400 bytes each they are 80 kB of history. */
export const MAX_RETRY_KEYS = 200;

/** Of a key or an output, `hero#2`. */
const MAX_SELECTED_CHARACTERS = 200;

function selectorFields(maxKeys: number) {
  const key = text((name) => hasLength(name, 1, MAX_SELECTED_CHARACTERS), {
    must: `a text of 1 to ${MAX_SELECTED_CHARACTERS} characters`,
    json: { minLength: 1, maxLength: MAX_SELECTED_CHARACTERS },
  });
  const words = <const Word extends string>(name: string, known: readonly Word[]) =>
    list(choice(known), { max: known.length, must: `a list of ${name}: ${known.join(', ')}` });
  return {
    keys: optional(list(key, { max: maxKeys, must: `a list of at most ${maxKeys} keys or outputs` }), {
      description: 'Keys (`hero`) or outputs (`hero#2`).',
    }),
    outcomes: optional(words('outcomes', OUTCOMES), { description: 'Outputs with one of these outcomes.' }),
    flags: optional(words('flags', FLAGS), { description: 'Images with one of these flags.' }),
  };
}

const NOTHING_NAMED = 'Where nothing is named: all that are not an image, except refused ones.';

/** Which outputs of an ended batch to make again. */
export const RETRY_SELECTOR = object('the retry', selectorFields(MAX_OUTPUTS), {
  id: 'RetrySelector',
  description: `Which outputs to make again. ${NOTHING_NAMED}`,
});

/** Which outputs of an ended batch to make again. Where nothing is named: all that are not an image, except refused ones. */
export type RetrySelector = Infer<typeof RETRY_SELECTOR>;

/**
 * A retry as the workflow takes it. The selection is a file in the store, so that no list goes through the history. A caller
 * that cannot write the file names a choice instead.
 */
export const RETRY_REQUEST = object(
  'the retry',
  {
    id: text((id) => /^[\w-]{1,60}$/.test(id), {
      must: '1 to 60 letters, digits, `-` and `_`',
      description: 'Names the retry, so that the same one sent twice runs once.',
      json: { pattern: '^[A-Za-z0-9_-]{1,60}$' },
    }),
    uri: optional(text(isStoreKey, { must: STORE_KEY, json: STORE_KEY_JSON }), {
      description: 'Key in the store of `{"outputs": ["hero#2"], "anew": false}`. It replaces a choice.',
    }),
    ...selectorFields(MAX_RETRY_KEYS),
  },
  { id: 'RetryRequest', description: `Which outputs to make again. ${NOTHING_NAMED}` },
);

export type RetryRequest = Infer<typeof RETRY_REQUEST>;

/** Which outputs a retry of an ended batch is for: a file in the store, so that no list goes through the history. */
export interface RetrySelection {
  /** Output ids, `key#n`. */
  outputs: string[];
  /** Also those that have an image: it is kept, and the new one counts. */
  anew: boolean;
}

/** The input of the workflow: plain JSON, so that any language with a Temporal SDK can start it. */
export const IMAGE_BATCH_INPUT = object(
  'the input',
  {
    batchId: BATCH_ID,
    manifest: optional(
      manifestPlace({
        description: 'Its key in the store: `batches/<batch id>/manifest.json`.',
        json: { pattern: '^batches/[a-z0-9-]{1,60}/manifest\\.json$' },
      }),
      {
        description:
          'The manifest, which is in the store before the start. Left out for a batch that was started before: its own manifest and options are used.',
      },
    ),
    options: optional(BATCH_OPTIONS),
    retry: optional(RETRY_REQUEST, {
      description: 'A retry of an ended batch: only these outputs, as a new run.',
    }),
  },
  {
    id: 'ImageBatchInput',
    description: 'The one argument of the workflow `imageBatch`, whose id is `image-batch/<batch id>`.',
  },
);

export type ImageBatchInput = Infer<typeof IMAGE_BATCH_INPUT>;
