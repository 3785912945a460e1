import type { RpcError } from '../http/envelope.ts';
import type { Pixels } from '../models.ts';

/** The outcome of a row that does not get the requested image. */
export type Effect =
  | { kind: 'refused'; finishReason: string; finishMessage?: string; content?: RefusedContent }
  | { kind: 'blocked'; blockReason: string }
  | { kind: 'text' }
  | { kind: 'missing' }
  | { kind: 'null' }
  | RowError
  | { kind: 'images'; images: readonly ImageSpec[] };

/** The `content` of a refusal: `{"role":"model"}`, `{}`, or absent. */
export type RefusedContent = 'no-parts' | 'empty' | 'absent';

export type RowError = { kind: 'error'; field?: 'error' | 'status' } & Pick<RpcError, 'code'> &
  Partial<Pick<RpcError, 'message'>>;

/** An image of an answer that differs from the requested one. */
export interface ImageSpec {
  /** Marked as an interim image. */
  thought?: true;
  /** The type that the answer claims. Default: the image's type. */
  mimeType?: string;
  /** Default: as requested. */
  pixels?: Pixels;
  /** Padded to at least this many bytes. */
  bytes?: number;
  /** `base64`: invalid characters; `picture`: bytes that are not an image. */
  broken?: 'base64' | 'picture';
}

/** How the result line of a row is written. */
export interface LineShape {
  /** Replaces the row's key. */
  key?: string;
  /** Further lines after it. */
  extra?: readonly ExtraLine[];
  /** Writes the fields of each object in reverse order. */
  reversed?: true;
  /** Cuts the line off in the middle, with its newline. */
  malformed?: true;
  /** The images, or the whole answer, are in a field that the documentation does not have. */
  elsewhere?: 'image' | 'answer';
}

export interface ExtraLine {
  /** Default: the row's key. */
  key?: string;
  /** 0 repeats the bytes of the row's line; each other number gives another answer with its own images. */
  variant: number;
}

/** How the lines of a result file are written. */
export interface ResultShape {
  /** Shuffles the lines; the same text always gives the same order. */
  shuffle?: string;
  /** CR LF instead of LF. */
  crlf?: true;
  /** An empty line after each line. */
  blankLines?: true;
  /** Cuts the last line off in the middle, without newline. */
  cutOff?: true;
}

/** Counts the images that Google bills for a processed row. Interim images are free, unless there is no other image. */
export function imagesBilled(effect: Effect | undefined, shape: LineShape = {}): number {
  const answers = 1 + (shape.extra ?? []).filter(({ variant }) => variant > 0).length;
  return answers * countImages(effect);
}

function countImages(effect: Effect | undefined): number {
  if (effect === undefined) return 1;
  return effect.kind === 'images' ? Math.max(1, effect.images.filter((image) => !image.thought).length) : 0;
}
