import { describe, expect, it } from 'vitest';
import { CREATE_BATCH, INPUT_LINE } from '../../../src/emulator/http/messages.ts';
import { readFields } from '../../../src/emulator/http/read-fields.ts';

const read = (request: unknown) => readFields({ key: 'a', request }, INPUT_LINE, '');

describe('the fields of a request', () => {
  it('are read in camelCase or snake_case and returned in camelCase', () => {
    const snake = {
      generation_config: { response_modalities: ['Image'], thinking_config: { include_thoughts: true } },
    };
    expect(read(snake)).toEqual({
      key: 'a',
      request: {
        generationConfig: { responseModalities: ['IMAGE'], thinkingConfig: { includeThoughts: true } },
      },
    });
  });

  it('that are null are absent; a number may be a string; a single value may replace a list', () => {
    const request = {
      contents: { parts: { text: 'x' } },
      generationConfig: { seed: '7', temperature: null },
    };
    expect(read(request)).toEqual({
      key: 'a',
      request: { contents: [{ parts: [{ text: 'x' }] }], generationConfig: { seed: 7 } },
    });
  });

  it('of free shape are not changed', () => {
    const metadata = { some_key: { other_key: 1 } };
    expect(readFields({ metadata }, INPUT_LINE, '')).toEqual({ metadata });
  });

  it.each([
    [
      { generationConfig: { imageConfig: { ratio: '1:1' } } },
      'request.generation_config.image_config',
      'Unknown name "ratio"',
    ],
    [{ contents: [{ parts: [{ txt: 'x' }] }] }, 'request.contents[0].parts[0]', 'Unknown name "txt"'],
    [{ contents: [{ parts: [{ text: 5 }] }] }, 'request.contents[0].parts[0].text', 'TYPE_STRING'],
    [
      { safetySettings: [{ category: 'HARM_CATEGORY_NOISE' }] },
      'request.safety_settings[0].category',
      'NOISE',
    ],
    [{ toString: 1 }, 'request', 'Unknown name "toString"'],
    ['text', 'request', 'object'],
  ])('that are wrong are named with their path: %j', (request, field, named) => {
    let refusal: unknown;
    try {
      read(request);
    } catch (error) {
      refusal = JSON.parse(JSON.stringify(error));
    }
    expect(refusal).toEqual({
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: expect.stringContaining(named),
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field, description: expect.stringContaining(named) }],
          },
        ],
      },
    });
  });

  it('of a create are read the same way', () => {
    const body = { batch: { display_name: 'x', input_config: { file_name: 'files/y' }, priority: '5' } };
    expect(readFields(body, CREATE_BATCH, '')).toEqual({
      batch: { displayName: 'x', inputConfig: { fileName: 'files/y' }, priority: '5' },
    });
  });
});
