import type { ReferenceSource } from '../contract/manifest.ts';
import { parseUrl } from '../contract/url.ts';
import { MAX_URL_CHARACTERS } from './limits.ts';
import type { Finding } from './report.ts';

/** What the text of a reference stands for. */
export type Written =
  | { kind: 'source'; source: ReferenceSource }
  | { kind: 'path'; path: string }
  | { kind: 'mistake'; finding: Finding };

/** Two letters at least, so that the drive of `C:\refs` is none. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
const CONTENT = /^sha256:[0-9a-f]{64}$/;

/** Tells paths, https URLs and addresses of content in the store apart. Opens nothing. */
export function classify(text: string): Written {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'https') return classifyUrl(text);
  if (scheme === 'sha256') {
    if (CONTENT.test(text)) return { kind: 'source', source: text as ReferenceSource };
    return mistake(`"${text}" is no address of content.`, 'sha256: and 64 lower-case hexadecimal digits.');
  }
  if (scheme === 'http') return mistake(`"${text}" is not encrypted.`, 'An https URL, or a local file.');
  if (scheme !== undefined) return mistake(`"${scheme}:" is not supported.`, 'A path, or an https URL.');
  if (text.trim() === '') return mistake('The reference is empty.', 'A path, or an https URL.');
  if (/^~[/\\]/.test(text))
    return mistake('"~" means something to a shell only.', 'A path relative to the manifest.');
  return { kind: 'path', path: text };
}

function classifyUrl(text: string): Written {
  if (text.length > MAX_URL_CHARACTERS) {
    const most = MAX_URL_CHARACTERS.toLocaleString('en');
    return mistake(
      `The URL has ${text.length.toLocaleString('en')} characters.`,
      `At most ${most}; or a local file.`,
    );
  }
  const url = /\s/.test(text) ? undefined : parseUrl(text);
  // `https:/host` and `https:host` parse too, as what nobody meant.
  if (url === undefined || !/^https:\/\/[^/]/i.test(text))
    return mistake(`"${text}" is no URL.`, 'https://host/path');
  if (url.username !== '' || url.password !== '') {
    // The text goes into the store, the fingerprint and the reports, where no password belongs.
    return mistake('The URL holds a user name or a password.', 'A URL that needs neither, or a local file.');
  }
  return { kind: 'source', source: `https://${text.slice('https://'.length)}` };
}

function mistake(message: string, fix: string): Written {
  return { kind: 'mistake', finding: { code: 'unsupported-source', message, fix } };
}
