import { MAX_MANIFEST_BYTES } from './limits.ts';
import type { Report } from './report.ts';
import { createSourceWithoutText, createTextSource, type Source, type TextSource } from './source.ts';

const SAVE_AS_UTF8 = 'Save the file as UTF-8.';

/** Decodes a file; undefined, with a problem reported, if it is not text. Removes a byte order mark. */
export function decodeFile(
  content: string | Uint8Array,
  file: string,
  report: Report,
): TextSource | undefined {
  const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
  if (size > MAX_MANIFEST_BYTES) {
    reportTooLarge(createSourceWithoutText(file), size, report);
    return undefined;
  }
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decodeText(content);
  if (text === undefined) {
    const message = 'The file is not UTF-8 text.';
    report.add(
      { source: createSourceWithoutText(file), offset: 0 },
      { code: 'not-text', message, fix: SAVE_AS_UTF8 },
    );
    return undefined;
  }
  const source = createTextSource(file, text);
  // Excel's "Unicode text" is UTF-16, where every other byte of English is NUL. UTF-8 cannot encode an unpaired surrogate.
  const offset = text.search(/[\0\p{Surrogate}]/u);
  if (offset !== -1) {
    const message = `The file contains ${text[offset] === '\0' ? 'a NUL byte' : 'an unpaired surrogate'}.`;
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
      message: `The manifest has ${(bytes / 2 ** 20).toFixed(1)} MiB. The limit is ${limit} MiB.`,
      fix: 'Split the manifest, or shorten the defaults that every item repeats.',
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
