import { describe, expect, it } from 'vitest';
import { judgeLine, type LossVerdict, readKey } from '../../../src/batch/verdict.ts';

const usageMetadata = {
  promptTokenCount: 20,
  candidatesTokenCount: 1130,
  thoughtsTokenCount: 100,
  candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
};
const image = (data: string, over = {}) => ({ inlineData: { mimeType: 'image/jpeg', data }, ...over });
const answered = (parts: unknown[], over = {}) => ({
  key: 'hero#1',
  response: {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata,
    ...over,
  },
});
const refused = (candidate: unknown) => ({
  key: 'hero#1',
  response: { candidates: [candidate], usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 30 } },
});

describe('the key of a line', () => {
  it('is read from the line', () => {
    expect(readKey({ key: 'hero#1' })).toBe('hero#1');
  });
  it.each([null, [], 'hero#1', {}, { key: 7 }, { key: '' }, { key: null }])('is undefined in %j', (line) => {
    expect(readKey(line)).toBeUndefined();
  });
});

describe('a line with an image', () => {
  it('gives that image, with its text and usage', () => {
    expect(judgeLine(answered([{ text: 'Here ' }, { text: 'it is.' }, image('QUJD')]))).toEqual({
      kind: 'image',
      data: 'QUJD',
      claimedMime: 'image/jpeg',
      interimOnly: false,
      extraImages: [],
      text: 'Here it is.',
      usage: { input: 20, text: 110, image: 1120 },
    });
  });

  it('gives the last image that is not a thought, and the other final images as extras', () => {
    const parts = [
      image('A'),
      image('B', { thought: true }),
      image('C'),
      image('D'),
      image('E', { thought: true }),
    ];
    expect(judgeLine(answered(parts))).toMatchObject({
      data: 'D',
      interimOnly: false,
      extraImages: [
        { data: 'A', claimedMime: 'image/jpeg' },
        { data: 'C', claimedMime: 'image/jpeg' },
      ],
    });
  });

  it('gives the last thought when there is no other image, marked as interim', () => {
    const parts = [
      image('A', { thought: true }),
      image('B', { thought: true }),
      { text: 'hm', thought: true },
    ];
    const verdict = judgeLine(answered(parts));
    expect(verdict).toMatchObject({ kind: 'image', data: 'B', interimOnly: true, extraImages: [] });
    expect(verdict.text).toBeUndefined();
  });

  it('is read in snake_case too', () => {
    const line = {
      key: 'hero#1',
      response: {
        candidates: [{ content: { parts: [{ inline_data: { mime_type: 'image/png', data: 'QQ' } }] } }],
        usage_metadata: { prompt_token_count: 3 },
      },
    };
    expect(judgeLine(line)).toMatchObject({ data: 'QQ', claimedMime: 'image/png', usage: { input: 3 } });
  });

  it('is found in any candidate, whatever the finish reason, and wins over an error in the same line', () => {
    const line = {
      error: { code: 13 },
      response: {
        candidates: [{}, { finishReason: 'MAX_TOKENS', content: { parts: [image('Z')] } }],
        promptFeedback: { blockReason: 'OTHER' },
      },
    };
    expect(judgeLine(line)).toMatchObject({ kind: 'image', data: 'Z' });
  });
});

describe('a refusal', () => {
  it.each([
    ['SAFETY', 'refused', 'safety'],
    ['RECITATION', 'refused', 'recitation'],
    ['IMAGE_RECITATION', 'refused', 'recitation'],
    ['BLOCKLIST', 'refused', 'blocklist'],
    ['PROHIBITED_CONTENT', 'refused', 'prohibited-content'],
    ['SPII', 'refused', 'spii'],
    ['IMAGE_SAFETY', 'refused', 'image-safety'],
    ['IMAGE_PROHIBITED_CONTENT', 'refused', 'image-prohibited-content'],
    ['MAX_TOKENS', 'failed', 'max-tokens'],
    ['OTHER', 'failed', 'other'],
    ['LANGUAGE', 'failed', 'other'],
    ['NO_IMAGE', 'failed', 'no-image'],
    ['IMAGE_OTHER', 'failed', 'image-other'],
    ['MALFORMED_FUNCTION_CALL', 'failed', 'malformed'],
    ['MALFORMED_RESPONSE', 'failed', 'malformed'],
    ['STOP', 'failed', 'no-image'],
    ['SOMETHING_NEW', 'failed', 'unknown-code'],
    ['constructor', 'failed', 'unknown-code'],
  ])('with finish reason %s is %s: %s', (finishReason, outcome, reason) => {
    for (const candidate of [
      { finishReason },
      { finishReason, content: {} },
      { finishReason, content: null },
      { finishReason, content: { role: 'model' } },
      { finishReason, content: { parts: [] } },
    ]) {
      expect(judgeLine(refused(candidate))).toMatchObject({
        kind: 'none',
        outcome,
        reason,
        usage: { input: 20 },
      });
    }
  });

  it("keeps Google's message", () => {
    const candidate = { finishReason: 'IMAGE_SAFETY', finishMessage: 'Unable to show the generated image.' };
    expect(judgeLine(refused(candidate))).toMatchObject({ message: 'Unable to show the generated image.' });
  });

  it('names the finish reason when Google gives no message', () => {
    expect(judgeLine(refused({ finishReason: 'NEWEST' }))).toMatchObject({
      message: expect.stringContaining('NEWEST'),
    });
  });

  it.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'NEW'])(
    'of the prompt for %s is prompt-blocked',
    (blockReason) => {
      const line = {
        key: 'a#1',
        response: { promptFeedback: { blockReason }, usageMetadata: { promptTokenCount: 9 } },
      };
      expect(judgeLine(line)).toMatchObject({
        outcome: 'refused',
        reason: 'prompt-blocked',
        message: expect.stringContaining(blockReason),
        usage: { input: 9, text: 0, image: 0 },
      });
    },
  );

  it('with text is text-only and keeps the text', () => {
    const usageMetadata = { promptTokenCount: 20, candidatesTokenCount: 10, thoughtsTokenCount: 100 };
    expect(judgeLine(answered([{ text: 'I cannot draw that.' }], { usageMetadata }))).toMatchObject({
      reason: 'text-only',
      outcome: 'failed',
      text: 'I cannot draw that.',
      usage: { text: 110, image: 0 },
    });
  });

  it('with an empty image is none', () => {
    const unbilled = answered([image('')], { usageMetadata: { promptTokenCount: 20 } });
    expect(judgeLine(unbilled)).toMatchObject({ kind: 'none', reason: 'no-image' });
  });
});

describe('an answer that is understood only in part', () => {
  it.each([
    ['an image was billed and is in no known field', answered([{ media: { data: 'A' } }])],
    ['an image was billed and is empty', answered([image('')])],
    ['an image was billed and there is only text', answered([{ text: 'Here it is.' }])],
    [
      'an image was billed for an unknown finish reason',
      { response: { ...refused({ finishReason: 'NEW' }).response, usageMetadata } },
    ],
    ['an image was billed without a candidate', answered([], { candidates: [] })],
    ['the line has another field', { key: 'hero#1', result: { parts: [image('A')] } }],
  ])('is unreadable where %s', (_, line) => {
    expect(judgeLine(line)).toMatchObject({ kind: 'none', outcome: 'failed', reason: 'unreadable' });
  });

  it('is explained by a finish reason that is known', () => {
    const line = { response: { ...refused({ finishReason: 'IMAGE_SAFETY' }).response, usageMetadata } };
    expect(judgeLine(line)).toMatchObject({ reason: 'image-safety' });
  });
});

describe('a row error', () => {
  it.each([
    [1, 'cancelled'],
    [2, 'unknown-code'],
    [3, 'invalid'],
    [4, 'deadline'],
    [5, 'reference-expired'],
    [7, 'reference-expired'],
    [8, 'quota'],
    [13, 'internal'],
    [14, 'unavailable'],
    [429, 'quota'],
    [503, 'unavailable'],
    ['13', 'internal'],
    [99, 'unknown-code'],
  ])('with code %s is %s, in `error` and in `status`', (code, reason) => {
    expect(judgeLine({ key: 'a#1', error: { code, message: 'why' } })).toMatchObject({
      reason,
      message: 'why',
    });
    expect(judgeLine({ key: 'a#1', status: { code } })).toMatchObject({
      reason,
      message: expect.stringContaining(`code ${code}`),
    });
  });

  it('about a missing file is reference-expired, whatever its code', () => {
    const message = 'You do not have permission to access the File abc123 or it may not exist.';
    for (const code of [3, 7, 403, undefined]) {
      expect(judgeLine({ error: { code, message } })).toMatchObject({ reason: 'reference-expired', message });
    }
  });

  it('next to an answer without an image counts, with the usage of that answer', () => {
    const line = { ...refused({ finishReason: 'OTHER' }), error: { code: 13 } };
    expect(judgeLine(line)).toMatchObject({ reason: 'internal', usage: { input: 20 } });
  });

  it('about the format of a file, or another permission, is not reference-expired', () => {
    const message = 'You do not have permission to use this setting.';
    expect(judgeLine({ error: { code: 3, message } })).toMatchObject({ reason: 'invalid' });
    expect(judgeLine({ error: { code: 3, message: 'Unsupported file type' } })).toMatchObject({
      reason: 'invalid',
    });
  });

  it('without a message gets one with the code', () => {
    expect(judgeLine({ error: { code: 13 } })).toMatchObject({
      message: 'Google failed on this request (code 13).',
    });
  });

  it('may be a name or a message', () => {
    expect(judgeLine({ status: 'INTERNAL' })).toMatchObject({ reason: 'internal' });
    expect(judgeLine({ error: 'it broke' })).toMatchObject({ reason: 'unknown-code', message: 'it broke' });
  });

  it('does not hide an answer when the status is OK', () => {
    for (const status of ['', {}, { code: 0 }, null]) {
      expect(judgeLine({ ...refused({ finishReason: 'SPII' }), status })).toMatchObject({ reason: 'spii' });
    }
  });
});

describe('a line without an answer', () => {
  it.each([
    null,
    'text',
    7,
    [],
    {},
    { key: 'a#1' },
    { key: 'a#1', response: null },
    { key: 'a#1', response: [] },
    { key: 'a#1', response: {} },
    { key: 'a#1', response: { candidates: [] } },
    { key: 'a#1', error: {} },
    { key: 'a#1', error: null, response: null },
  ])('is malformed: %j', (line) => {
    expect(judgeLine(line)).toMatchObject({ kind: 'none', outcome: 'failed', reason: 'malformed' });
  });
});

describe('text from Google or the model', () => {
  it.each(['', 'x'])(
    'is cut to 500 characters of a message and 2000 of a text, never inside a character (%j)',
    (first) => {
      const finishMessage = first + '😀'.repeat(600);
      const content = { parts: [{ text: first + '😀'.repeat(3000) }] };
      const { message, text } = judgeLine(
        refused({ finishReason: 'OTHER', finishMessage, content }),
      ) as LossVerdict;
      for (const [cut = '', max] of [[message, 500] as const, [text, 2000] as const]) {
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(cut.length).toBeGreaterThan(max - 3);
        expect(cut).toMatch(/^x?(?:😀)+…$/u);
      }
    },
  );

  it('has no base64 and no characters that move the cursor', () => {
    const message = `bad image ${'QUJD'.repeat(5000)} here\u001b[2J\nnext`;
    const verdict = judgeLine({ error: { code: 3, message } });
    expect(verdict).toMatchObject({ message: 'bad image …' });
    expect(judgeLine({ error: { code: 3, message: 'a\u001b[2J\nb' } })).toMatchObject({ message: 'a [2J b' });
  });
});
