import { describe, expect, it } from 'vitest';
import { addUsage, parseUsage } from '../../../src/batch/usage.ts';

describe('the usage of an answer', () => {
  it.each([
    [
      'the details name the image',
      {
        candidatesTokenCount: 1200,
        candidatesTokensDetails: [
          { modality: 'IMAGE', tokenCount: 1120 },
          { modality: 'TEXT', tokenCount: 80 },
        ],
      },
      { text: 80, image: 1120 },
    ],
    [
      'the details name only the text',
      { candidatesTokenCount: 1200, candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 80 }] },
      { text: 80, image: 1120 },
    ],
    ['there are no details', { candidatesTokenCount: 1120 }, { text: 0, image: 1120 }],
    [
      'there are details and no total',
      { candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }] },
      { text: 0, image: 1120 },
    ],
    [
      'the model thought',
      { candidatesTokenCount: 1120, thoughtsTokenCount: 300 },
      { text: 300, image: 1120 },
    ],
    [
      'counts are int64 texts',
      { candidatesTokenCount: '1120', thoughtsTokenCount: '300' },
      { text: 300, image: 1120 },
    ],
  ])('with an image, where %s', (_, metadata, usage) => {
    expect(parseUsage({ promptTokenCount: 5, ...metadata }, { hasImage: true })).toEqual({
      input: 5,
      ...usage,
    });
  });

  it('without an image counts the candidates as text', () => {
    expect(parseUsage({ promptTokenCount: 5, candidatesTokenCount: 40 }, { hasImage: false })).toEqual({
      input: 5,
      text: 40,
      image: 0,
    });
  });

  it('counts an image that was billed and not sent', () => {
    const metadata = {
      candidatesTokenCount: 1120,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
    };
    expect(parseUsage(metadata, { hasImage: false })).toEqual({ input: 0, text: 0, image: 1120 });
  });

  it.each([
    undefined,
    null,
    {},
    [],
    'x',
    { promptTokenCount: -1 },
    { promptTokenCount: 1e300 },
    { promptTokenCount: 1.5 },
    { candidatesTokenCount: 'many' },
  ])('is undefined when Google reports none: %j', (metadata) => {
    expect(parseUsage(metadata, { hasImage: true })).toBeUndefined();
  });
});

describe('usages together', () => {
  it('add up, and are undefined when all are', () => {
    expect(
      addUsage([undefined, { input: 1, text: 2, image: 3 }, { input: 10, text: 20, image: 30 }]),
    ).toEqual({ input: 11, text: 22, image: 33 });
    expect(addUsage([undefined])).toBeUndefined();
    expect(addUsage([])).toBeUndefined();
  });
});
