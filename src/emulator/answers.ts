import { createHash } from 'node:crypto';
import { type ImageOf, mimeTypeOf } from './images.ts';
import type { JobRecord, Picture, Row } from './jobs.ts';
import type { Effect } from './keywords.ts';
import { textTokens, usageMetadata } from './usage.ts';

/** Where the image's base64 goes into the JSON around it; behind a quote it can stand in no string. */
const HOLE = '"data":""';

/**
 * What a row of an ended job was answered, as the bytes of its JSON. The same row always gives the same bytes: all that
 * is different from row to row is derived from the job's id, the row's place and its key.
 *
 * @returns nothing where the row has no answer.
 */
export async function answerBytes(
  job: JobRecord,
  row: Row,
  index: number,
  effect: Effect | undefined,
  imageOf: ImageOf,
): Promise<Buffer[]> {
  if (effect?.kind === 'missing') return [];
  const seed = createHash('shake256', { outputLength: 600 })
    .update(`${job.id}\n${index}\n${row.key}`)
    .digest();
  const { picture } = row;
  const named = {
    ...(row.key !== undefined && { key: row.key }),
    ...(row.metadata !== undefined && { metadata: row.metadata }),
  };
  if (effect?.kind === 'error' || !picture) {
    const { code = 13, message = 'Internal error encountered.' } = effect?.kind === 'error' ? effect : {};
    return [Buffer.from(JSON.stringify({ ...named, error: { code, message } }))];
  }
  const response = {
    ...bodyOf({ job, picture, seed, thoughts: 100 + (seed[0] ?? 0) }, effect),
    modelVersion: job.model,
    responseId: seed.subarray(1, 17).toString('base64url'),
  };
  const json = JSON.stringify({ response, ...named });
  if (effect) return [Buffer.from(json)];
  const at = json.indexOf(HOLE) + HOLE.length - 1;
  return [
    Buffer.from(json.slice(0, at)),
    await imageOf(job, row, picture, seed),
    Buffer.from(json.slice(at)),
  ];
}

interface Told {
  job: JobRecord;
  picture: Picture;
  seed: Buffer;
  /** Tokens spent on thinking; between 100 and 355. */
  thoughts: number;
}

/** The part of a response that depends on what became of the row. */
function bodyOf(told: Told, effect: Exclude<Effect, { kind: 'missing' | 'error' }> | undefined) {
  switch (effect?.kind) {
    case undefined:
      return imageBody(told);
    case 'text':
      return textBody(told);
    case 'refused':
      return refusedBody(told, effect.finishReason, effect.finishMessage);
    case 'blocked':
      return blockedBody(told, effect.blockReason);
  }
}

function imageBody({ job, picture, seed, thoughts }: Told) {
  const said = picture.withText ? 'Here is the image.' : '';
  const parts = [
    ...(picture.withThoughts
      ? [{ text: 'I think about light, colour and composition.', thought: true }]
      : []),
    ...(said === '' ? [] : [{ text: said }]),
    { inlineData: { mimeType: mimeTypeOf(job), data: '' }, thoughtSignature: seed.toString('base64') },
  ];
  return {
    candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: usageMetadata(picture, { text: textTokens(said), image: picture.tokens }, thoughts),
  };
}

function textBody({ picture, seed, thoughts }: Told) {
  const text = 'I can describe this scene, but I made no image of it.';
  const parts = [{ text, thoughtSignature: seed.toString('base64') }];
  return {
    candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: usageMetadata(picture, { text: textTokens(text), image: 0 }, thoughts),
  };
}

/** A refusal has a candidate without parts. */
function refusedBody({ picture, thoughts }: Told, finishReason: string, finishMessage: string) {
  return {
    candidates: [{ content: {}, finishReason, finishMessage, index: 0 }],
    usageMetadata: usageMetadata(picture, { text: 0, image: 0 }, thoughts),
  };
}

/** A blocked prompt never reaches the model: no candidate, no thoughts. */
function blockedBody({ picture }: Told, blockReason: string) {
  return { promptFeedback: { blockReason }, usageMetadata: usageMetadata(picture, { text: 0, image: 0 }, 0) };
}
