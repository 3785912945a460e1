import type { ReferenceSource } from '../contract/manifest.ts';
import { parseUrl } from '../contract/url.ts';
import { MAX_HOST_CHARACTERS, MAX_URL_CHARACTERS } from './limits.ts';
import { memoize } from './memoize.ts';
import type { Finding } from './report.ts';

/** What the text of a reference means. */
export type ClassifiedReference =
  | { kind: 'source'; source: ReferenceSource }
  | { kind: 'path'; path: string }
  | { kind: 'mistake'; finding: Finding };

/** At least two letters, so that the drive letter of `C:\refs` is not a scheme. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
const CONTENT = /^sha256:[0-9a-f]{64}$/;

/** Says what the text of a reference means: a path, an https URL or a content address of the store. Opens nothing. */
export type Classify = (text: string) => ClassifiedReference;

/** Classifies each text once: aliases repeat one. */
export function createClassifier(): Classify {
  return memoize(classifyReference);
}

function classifyReference(text: string): ClassifiedReference {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'https') return classifyUrl(text);
  if (scheme === 'sha256') {
    if (CONTENT.test(text)) return { kind: 'source', source: text as ReferenceSource };
    return buildMistake(
      `"${text}" is not a valid content address.`,
      'Write sha256: and 64 lower-case hexadecimal digits.',
    );
  }
  if (scheme === 'http')
    return buildMistake(`"${text}" is not encrypted.`, 'Use an https URL or a local file.');
  if (scheme !== undefined)
    return buildMistake(`"${scheme}:" is not supported.`, 'Use a path or an https URL.');
  if (text.trim() === '') return buildMistake('The reference is empty.', 'Use a path or an https URL.');
  if (/^~[/\\]/.test(text))
    return buildMistake('Only a shell expands "~".', 'Use a path relative to the manifest.');
  return { kind: 'path', path: text };
}

function classifyUrl(text: string): ClassifiedReference {
  if (text.length > MAX_URL_CHARACTERS) {
    const most = MAX_URL_CHARACTERS.toLocaleString('en');
    return buildMistake(
      `The URL has ${text.length.toLocaleString('en')} characters.`,
      `Use at most ${most}, or a local file.`,
    );
  }
  const host = text.slice('https://'.length).split(/[/?#]/, 1)[0] ?? '';
  if (host.length > MAX_HOST_CHARACTERS) {
    return buildMistake(
      `The host of the URL has ${host.length.toLocaleString('en')} characters.`,
      `Use at most ${MAX_HOST_CHARACTERS}, or a local file.`,
    );
  }
  const url = /\s/.test(text) ? undefined : parseUrl(text);
  // The URL parser also accepts `https:/host` and `https:host`, which are typing errors.
  if (url === undefined || !/^https:\/\/[^/]/i.test(text))
    return buildMistake(`"${text}" is not a valid URL.`, 'Write https://host/path.');
  if (url.username !== '' || url.password !== '') {
    // The text goes into the store, the fingerprint and the reports. None of them may contain a password.
    return buildMistake(
      'The URL contains a user name or a password.',
      'Use a URL that needs neither, or a local file.',
    );
  }
  return { kind: 'source', source: `https://${text.slice('https://'.length)}` };
}

function buildMistake(message: string, fix: string): ClassifiedReference {
  return { kind: 'mistake', finding: { code: 'unsupported-source', message, fix } };
}
