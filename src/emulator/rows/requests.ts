import { badField, Refusal } from '../http/envelope.ts';
import type { Model } from '../models.ts';

/** The fields of a GenerateContentRequest that the emulator uses. */
export interface GenerateRequest {
  model?: string;
  contents?: Content[];
  systemInstruction?: Content;
  generationConfig?: {
    candidateCount?: number;
    responseModalities?: string[];
    thinkingConfig?: { includeThoughts?: boolean };
    imageConfig?: { aspectRatio?: string; imageSize?: string };
  };
}

export interface Content {
  role?: string;
  parts?: Part[];
}

export interface Part {
  text?: string;
  inlineData?: { mimeType?: string; data?: string };
  fileData?: { mimeType?: string; fileUri?: string };
}

/** A line of an input file, or an entry of an inline batch. */
export interface InputLine {
  key?: string;
  request?: GenerateRequest;
  metadata?: unknown;
}

/** An input image: an uploaded file, or base64 in the request. */
export type ReferencePart = { fileId: string } | { base64: string };

export const DEFAULT_SIZE = '1K';

const REFERENCE_TYPES = /^image\/(jpeg|jpg|png|webp|heic|heif)$/;

function listParts(request: GenerateRequest): Part[] {
  return (request.contents ?? []).flatMap((content) => content.parts ?? []);
}

/** Reads all text of the prompt, in its order. */
export function readPrompt(request: GenerateRequest): string {
  return listParts(request)
    .flatMap((part) => part.text ?? [])
    .join('\n');
}

/** Reads the input images in the order in which the model gets them. */
export function readReferences(request: GenerateRequest): ReferencePart[] {
  return listParts(request).flatMap((part): ReferencePart[] => {
    if (part.inlineData) return [{ base64: part.inlineData.data ?? '' }];
    if (part.fileData) return [{ fileId: parseFileId(part.fileData.fileUri ?? '') }];
    return [];
  });
}

/** Whether the request asks for images. Without modalities an image model makes text and images. */
export function wantsImage({ generationConfig }: GenerateRequest): boolean {
  return generationConfig?.responseModalities?.includes('IMAGE') ?? true;
}

export function wantsText({ generationConfig }: GenerateRequest): boolean {
  return generationConfig?.responseModalities?.includes('TEXT') ?? true;
}

/**
 * Checks the values of a request against what the model offers.
 *
 * @param path the path of the request, in Google's spelling.
 * @throws Refusal INVALID_ARGUMENT
 */
export function checkRequest(
  request: GenerateRequest | undefined,
  model: Model,
  path: string,
): GenerateRequest {
  if (!request) throw badField(path, `* ${path}: request is not specified`);
  const { generationConfig: config } = request;
  const { aspectRatio, imageSize } = config?.imageConfig ?? {};
  const image = `${path}.generation_config.image_config`;
  if (readPrompt(request).trim() === '' && readReferences(request).length === 0) {
    throw badField(`${path}.contents`, '* GenerateContentRequest.contents: contents is not specified');
  }
  if (request.model !== undefined && request.model.replace(/^models\//, '') !== model.id) {
    throw badField(
      `${path}.model`,
      `* model: ${request.model} is not the model of the batch, models/${model.id}`,
    );
  }
  if (aspectRatio !== undefined && !model.ratios.includes(aspectRatio)) {
    const offered = model.ratios.join(', ');
    throw badField(`${image}.aspect_ratio`, `* aspect_ratio: ${aspectRatio} is not one of ${offered}`);
  }
  if (imageSize !== undefined && !Object.hasOwn(model.tokensBySize, imageSize)) {
    const offered = Object.keys(model.tokensBySize).join(', ');
    throw badField(`${image}.image_size`, `* image_size: ${imageSize} is not one of ${offered}`);
  }
  if (config?.candidateCount !== undefined && config.candidateCount !== 1) {
    const field = `${path}.generation_config.candidate_count`;
    throw badField(field, 'Multiple candidates is not enabled for this model');
  }
  checkReferences(request, model);
  return request;
}

function checkReferences(request: GenerateRequest, model: Model): void {
  const count = readReferences(request).length;
  if (count > model.maxReferences) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `${count} images are more than the ${model.maxReferences} of ${model.id}.`,
    );
  }
  for (const { inlineData, fileData } of listParts(request)) {
    const given = inlineData ?? fileData;
    if (given && !REFERENCE_TYPES.test(given.mimeType ?? '')) {
      throw new Refusal('INVALID_ARGUMENT', `Unsupported MIME type: ${given.mimeType}`);
    }
  }
}

/** Reads a file id from a URI with any host: the emulator may run on another port since the upload. */
function parseFileId(uri: string): string {
  return /(?:^|\/)files\/([a-z0-9-]+)$/.exec(uri)?.[1] ?? uri;
}
