import { MAX_MANIFEST_BYTES } from './limits.ts';
import type { Report } from './report.ts';
import { type Source, type TextSource, textlessSource, textSource } from './source.ts';

const SAVE_AS_UTF8 = 'Save the file as UTF-8.';

/** The text of a file; undefined, and reported, where the bytes are none. A byte order mark is dropped. */
export function decode(content: string | Uint8Array, file: string, report: Report): TextSource | undefined {
  const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
  if (size > MAX_MANIFEST_BYTES) {
    reportTooLarge(textlessSource(file), size, report);
    return undefined;
  }
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeText(content);
  if (text === undefined) {
    const message = 'The file is not text in UTF-8.';
    report.add({ source: textlessSource(file), offset: 0 }, { code: 'not-text', message, fix: SAVE_AS_UTF8 });
    return undefined;
  }
  const source = textSource(file, text);
  // Excel's "Unicode text" is UTF-16, where every other byte of English is NUL. Half a pair has no form in UTF-8.
  const offset = text.search(/[\0\p{Surrogate}]/u);
  if (offset !== -1) {
    const message = `The file holds ${text[offset] === '\0' ? 'a NUL byte' : 'half a surrogate pair'}.`;
    report.add({ source, offset }, { code: 'not-text', message, fix: SAVE_AS_UTF8 });
    return undefined;
  }
  if (text.trim() === '') {
    report.add({ source, offset: 0 }, { code: 'syntax', message: 'The file is empty.' });
    return undefined;
  }
  return source;
}

export function reportTooLarge(source: Source, bytes: number, report: Report): void {
  const limit = MAX_MANIFEST_BYTES / 2 ** 20;
  report.add(
    { source, offset: 0 },
    {
      code: 'too-large',
      message: `The manifest has ${(bytes / 2 ** 20).toFixed(1)} MiB; at most ${limit} MiB are read.`,
      fix: 'Split it, or shorten what every item repeats.',
    },
  );
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
