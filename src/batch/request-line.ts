import type { Item } from '../contract/manifest.ts';
import { findModel } from './models.ts';
import type { PlannedOutput } from './plan.ts';

/** A reference as the Files API knows it. */
export interface UploadedFile {
  uri: string;
  mimeType: string;
}

/**
 * One line of the request file, without its newline. The same input gives the same bytes.
 *
 * @param files the item's references, in its order: the model sees them before the prompt, as "the first image" and so on
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
    // Both, as in Google's batch sample: with IMAGE alone a refusal loses the sentence that explains it.
    responseModalities: ['TEXT', 'IMAGE'],
    imageConfig: {
      ...(item.aspectRatio !== undefined && { aspectRatio: item.aspectRatio }),
      ...(takesSize(model, item.imageSize) && { imageSize: item.imageSize }),
    },
    ...(item.temperature !== undefined && { temperature: item.temperature }),
    // An int32 at Google: past its end it goes on at the other, so that the outputs of an item still differ.
    ...(item.seed !== undefined && { seed: (item.seed + n - 1) | 0 }),
  };
}

/**
 * A known model is told its size, even the default one: it sets the price. One that is not in our table may refuse the
 * field as gemini-2.5-flash-image does, so it hears of a size only where it is not the 1K that all of them make unasked.
 */
function takesSize(model: string, size: string): boolean {
  return findModel(model) !== undefined || size !== '1K';
}
