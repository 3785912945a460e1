import { createHash } from 'node:crypto';
import { chooseMimeType, type MakeImage } from '../images/images.ts';
import type { JobRecord, Picture, Row } from '../jobs/jobs.ts';
import type { Effect, ImageSpec, LineShape, RefusedContent } from '../rows/effects.ts';
import { textTokens, usageMetadata } from './usage.ts';

/** An answer to build. */
export interface AnswerRequest {
  job: JobRecord;
  row: Row;
  /** The row's position in its job. */
  index: number;
  effect: Effect | undefined;
  /** Default: the row's key. */
  key?: string;
  /** 0, the default, is the row's own answer; each other number gives another answer. */
  variant?: number;
}

/**
 * Builds the answer to a row of an ended job, as the bytes of its JSON. The same row always gives the same bytes:
 * everything that differs between rows is derived from the job's id, the row's position and its key.
 *
 * @returns an empty list where the row has no answer.
 */
export async function buildAnswer(request: AnswerRequest, makeImage: MakeImage): Promise<Buffer[]> {
  const { job, row, effect, key = row.key, variant = 0 } = request;
  if (effect?.kind === 'missing') return [];
  const seed = deriveSeed(request);
  const images = listImages(effect);
  const value = {
    ...buildContent(request, effect, images, seed),
    ...(key !== undefined && { key }),
    ...(row.metadata !== undefined && { metadata: row.metadata }),
  };
  const moved = moveFields(value, row.shape?.elsewhere);
  const json = JSON.stringify(row.shape?.reversed ? reverseFields(moved) : moved);
  const pieces: Buffer[] = [];
  for (const [at, piece] of json.split(new RegExp(imagePlaceholder(job, '(\\d+)'))).entries()) {
    const image = at % 2 === 1 ? images[Number(piece)] : undefined;
    if (!image) pieces.push(Buffer.from(piece));
    else if (row.picture) {
      const { pixels = row.picture, bytes, broken } = image;
      const wanted = { pixels, bytes, broken, variant: variant + Number(piece), seed };
      pieces.push(await makeImage(job, row, wanted));
    }
  }
  return pieces;
}

/**
 * A marker for the base64 of an image in the JSON. Prompts cannot contain it, because a job's id is not known in
 * advance.
 */
function imagePlaceholder(job: JobRecord, number: number | string): string {
  return `<image ${number} of ${job.id}>`;
}

function deriveSeed({ job, row, index, variant = 0 }: AnswerRequest): Buffer {
  const hash = createHash('shake256', { outputLength: 600 }).update(`${job.id}\n${index}\n${row.key}`);
  return (variant > 0 ? hash.update(`\n${variant}`) : hash).digest();
}

/** The effects that have a result line. */
type Written = Exclude<Effect, { kind: 'missing' }>;

const ONE_IMAGE: readonly ImageSpec[] = [{}];

function listImages(effect: Effect | undefined): readonly ImageSpec[] {
  if (effect === undefined) return ONE_IMAGE;
  return effect.kind === 'images' ? effect.images : [];
}

function buildContent(
  { job, row }: AnswerRequest,
  effect: Written | undefined,
  images: readonly ImageSpec[],
  seed: Buffer,
): object {
  if (effect?.kind === 'null') return { response: null };
  if (effect?.kind === 'error' || !row.picture) {
    const { code, message, field = 'error' } = effect?.kind === 'error' ? effect : INTERNAL;
    return { [field]: { code, message } };
  }
  return {
    response: {
      ...buildBody({ job, picture: row.picture, images, seed, thoughts: 100 + (seed[0] ?? 0) }, effect),
      modelVersion: job.model,
      responseId: seed.subarray(1, 17).toString('base64url'),
    },
  };
}

const INTERNAL = { code: 13, message: 'Internal error encountered.', field: 'error' } as const;

interface AnswerInput {
  job: JobRecord;
  picture: Picture;
  images: readonly ImageSpec[];
  seed: Buffer;
  /** Tokens spent on thinking; between 100 and 355. */
  thoughts: number;
}

/** Builds the part of a response that depends on the row's effect. */
function buildBody(input: AnswerInput, effect: Exclude<Written, { kind: 'error' | 'null' }> | undefined) {
  switch (effect?.kind) {
    case undefined:
    case 'images':
      return imageBody(input);
    case 'text':
      return textBody(input);
    case 'refused':
      return refusedBody(input, effect);
    case 'blocked':
      return blockedBody(input, effect.blockReason);
  }
}

function imageBody({ job, picture, images, seed, thoughts }: AnswerInput) {
  const text = picture.withText ? 'Here is the image.' : '';
  const parts = [
    ...(picture.withThoughts
      ? [{ text: 'I think about light, colour and composition.', thought: true }]
      : []),
    ...(text === '' ? [] : [{ text: text }]),
    ...images.map(({ mimeType = chooseMimeType(job), thought }, number) => ({
      inlineData: { mimeType, data: imagePlaceholder(job, number) },
      thoughtSignature: seed.toString('base64'),
      ...(thought && { thought }),
    })),
  ];
  const finished = Math.max(1, images.filter((image) => !image.thought).length);
  const tokens = { text: textTokens(text), image: picture.tokens * finished };
  return {
    candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: usageMetadata(picture, tokens, thoughts),
  };
}

function textBody({ picture, seed, thoughts }: AnswerInput) {
  const text = 'I can describe this scene, but I made no image of it.';
  const parts = [{ text, thoughtSignature: seed.toString('base64') }];
  return {
    candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: usageMetadata(picture, { text: textTokens(text), image: 0 }, thoughts),
  };
}

const REFUSED: Readonly<Record<RefusedContent, object>> = {
  'no-parts': { content: { role: 'model' } },
  empty: { content: {} },
  absent: {},
};

/** Builds a refusal: a candidate without parts. */
function refusedBody({ picture, thoughts }: AnswerInput, effect: Extract<Effect, { kind: 'refused' }>) {
  const { finishReason, finishMessage, content = 'empty' } = effect;
  return {
    candidates: [{ ...REFUSED[content], finishReason, finishMessage, index: 0 }],
    usageMetadata: usageMetadata(picture, { text: 0, image: 0 }, thoughts),
  };
}

/** Builds the answer to a blocked prompt, which never reaches the model: no candidates and no thoughts. */
function blockedBody({ picture }: AnswerInput, blockReason: string) {
  return { promptFeedback: { blockReason }, usageMetadata: usageMetadata(picture, { text: 0, image: 0 }, 0) };
}

/** A later version of the API might do so. */
function moveFields(value: object, what: LineShape['elsewhere']): unknown {
  if (what === 'answer')
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name === 'response' ? 'result' : name, inner]),
    );
  return what === 'image' ? JSON.parse(JSON.stringify(value).replaceAll('"inlineData":', '"media":')) : value;
}

function reverseFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseFields);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, inner]) => [name, reverseFields(inner)]);
  return Object.fromEntries(fields.toReversed());
}
