import type { RpcError } from '../http/envelope.ts';
import type { Pixels } from '../models.ts';

/** What becomes of a row in place of the image that was asked for. */
export type Effect =
  | { kind: 'refused'; finishReason: string; finishMessage?: string; content?: RefusedContent }
  | { kind: 'blocked'; blockReason: string }
  | { kind: 'text' }
  | { kind: 'missing' }
  | { kind: 'null' }
  | RowError
  | { kind: 'images'; images: readonly ImageSpec[] };

/** How the `content` of a refusal looks: `{"role":"model"}`, `{}`, or it is not there. */
export type RefusedContent = 'no-parts' | 'empty' | 'absent';

export type RowError = { kind: 'error'; field?: 'error' | 'status' } & Pick<RpcError, 'code'> &
  Partial<Pick<RpcError, 'message'>>;

/** One image of an answer, where it is not quite what was asked for. */
export interface ImageSpec {
  /** Marked as an interim image. */
  thought?: true;
  /** What the answer says it is. Default: what it is. */
  mimeType?: string;
  /** Default: as asked for. */
  pixels?: Pixels;
  /** Padded to at least this many bytes. */
  bytes?: number;
  /** `base64`: characters that are none; `picture`: bytes that are no image. */
  broken?: 'base64' | 'picture';
}

/** How a row's line is written. */
export interface LineShape {
  /** In place of the row's key. */
  key?: string;
  /** Further lines behind it. */
  extra?: readonly ExtraLine[];
  /** The fields of each object in the opposite order. */
  reversed?: true;
  /** It ends in the middle, with its newline. */
  malformed?: true;
}

export interface ExtraLine {
  /** Default: the row's. */
  key?: string;
  /** 0 gives the bytes of the line before; each other number gives another answer, with images of its own. */
  variant: number;
}

/** How the lines of a result are put together. */
export interface ResultShape {
  /** Shuffles the lines; the same text always in the same way. */
  shuffle?: string;
  /** CR LF in place of LF. */
  crlf?: true;
  /** An empty line behind each line. */
  blankLines?: true;
  /** Its last line ends in the middle, without newline. */
  cutOff?: true;
}

/** How many images Google bills for a row that was worked on. Interim images are free, but for one that is all there is. */
export function imagesBilled(effect: Effect | undefined, shape: LineShape = {}): number {
  const answers = 1 + (shape.extra ?? []).filter(({ variant }) => variant > 0).length;
  return answers * countImages(effect);
}

function countImages(effect: Effect | undefined): number {
  if (effect === undefined) return 1;
  return effect.kind === 'images' ? Math.max(1, effect.images.filter((image) => !image.thought).length) : 0;
}
