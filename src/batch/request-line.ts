import type { Item } from '../contract/manifest.ts';
import { findModel } from './models.ts';
import type { PlannedOutput } from './plan.ts';

/** An uploaded reference in the Files API. */
export interface UploadedFile {
  uri: string;
  mimeType: string;
}

/**
 * Builds one line of the request file, without its newline. The same input always gives the same bytes.
 *
 * @param files the item's references in its order: the model gets them before the prompt, as "the first image" and so
 *   on
 */
export function requestLine(
  model: string,
  item: Item,
  planned: PlannedOutput,
  files: readonly UploadedFile[],
): string {
  return JSON.stringify({
    key: planned.output,
    request: {
      contents: [{ role: 'user', parts: [...files.map(filePart), { text: item.prompt }] }],
      ...(item.systemInstruction !== undefined && {
        systemInstruction: { parts: [{ text: item.systemInstruction }] },
      }),
      ...(item.safetySettings !== undefined && {
        safetySettings: item.safetySettings.map(({ category, threshold }) => ({ category, threshold })),
      }),
      generationConfig: generationConfig(model, item, planned.n),
    },
  });
}

function filePart({ uri, mimeType }: UploadedFile) {
  return { fileData: { fileUri: uri, mimeType } };
}

function generationConfig(model: string, item: Item, n: number) {
  return {
    // Both, as in Google's batch sample: with IMAGE alone a refusal comes without the text that explains it.
    responseModalities: ['TEXT', 'IMAGE'],
    imageConfig: {
      ...(item.aspectRatio !== undefined && { aspectRatio: item.aspectRatio }),
      ...(shouldSendSize(model, item.imageSize) && { imageSize: item.imageSize }),
    },
    ...(item.temperature !== undefined && { temperature: item.temperature }),
    // Google takes an int32. A larger seed wraps around, so that the outputs of an item still differ.
    ...(item.seed !== undefined && { seed: (item.seed + n - 1) | 0 }),
  };
}

/**
 * A known model always gets the size, even the default, because it sets the price. A model that is not in our table may
 * reject the field, as gemini-2.5-flash-image does. It gets a size only if it is not 1K, which is every model's
 * default.
 */
function shouldSendSize(model: string, size: string): boolean {
  return findModel(model) !== undefined || size !== '1K';
}
