import { describe, expect, it } from 'vitest';
import { planOutputs } from '../../../src/batch/plan.ts';
import { requestLine } from '../../../src/batch/request-line.ts';
import type { Item } from '../../../src/contract/manifest.ts';
import { item, manifest } from './builders.ts';

const files = [
  { uri: 'https://generativelanguage.googleapis.com/v1beta/files/b', mimeType: 'image/png' },
  { uri: 'https://generativelanguage.googleapis.com/v1beta/files/a', mimeType: 'image/jpeg' },
];

function formatLine(
  over: Partial<Item>,
  { n = 1, model = 'gemini-3-pro-image', uploaded = [] as typeof files } = {},
) {
  const one = item('hero', { count: n, ...over });
  const planned = planOutputs(manifest([one])).at(-1);
  if (!planned) throw new Error('no output');
  return requestLine(model, one, planned, uploaded);
}

describe('a request line', () => {
  it('is one line with the key of its output and every field of the item', () => {
    const line = formatLine(
      {
        prompt: 'line one\nline two',
        aspectRatio: '16:9',
        imageSize: '2K',
        systemInstruction: 'No text.',
        seed: 7,
        temperature: 0.4,
        safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      },
      { n: 2, uploaded: files },
    );
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      key: 'hero#2',
      request: {
        contents: [
          {
            role: 'user',
            parts: [
              { fileData: { fileUri: files[0]?.uri, mimeType: 'image/png' } },
              { fileData: { fileUri: files[1]?.uri, mimeType: 'image/jpeg' } },
              { text: 'line one\nline two' },
            ],
          },
        ],
        systemInstruction: { parts: [{ text: 'No text.' }] },
        safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
        generationConfig: {
          responseModalities: ['TEXT', 'IMAGE'],
          imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
          seed: 8,
          temperature: 0.4,
        },
      },
    });
  });

  it('leaves out fields that the item does not have', () => {
    expect(Object.keys(JSON.parse(formatLine({})).request)).toEqual(['contents', 'generationConfig']);
    expect(JSON.parse(formatLine({})).request.generationConfig).toEqual({
      responseModalities: ['TEXT', 'IMAGE'],
      imageConfig: { imageSize: '1K' },
    });
  });

  it('has the same bytes for any order of the item’s fields', () => {
    const ordered = formatLine({ seed: 1, temperature: 1 });
    expect(formatLine({ temperature: 1, seed: 1 })).toBe(ordered);
  });

  it('keeps a seed and a temperature of zero', () => {
    expect(JSON.parse(formatLine({ seed: 0, temperature: 0 })).request.generationConfig).toMatchObject({
      seed: 0,
      temperature: 0,
    });
  });

  it('gives each output of an item another seed, even at the end of the int32', () => {
    const seeds = [1, 2, 3].map(
      (n) => JSON.parse(formatLine({ seed: 2 ** 31 - 2 }, { n })).request.generationConfig.seed,
    );
    expect(seeds).toEqual([2 ** 31 - 2, 2 ** 31 - 1, -(2 ** 31)]);
  });

  it('does not send the default size to a model that may not know sizes', () => {
    const config = (imageSize: string) =>
      JSON.parse(formatLine({ imageSize }, { model: 'gemini-4-image' })).request.generationConfig.imageConfig;
    expect(config('1K')).toEqual({});
    expect(config('2K')).toEqual({ imageSize: '2K' });
  });
});
