import { createHash, timingSafeEqual } from 'node:crypto';
import { HummingbatchError } from '../contract/errors.ts';
import { TOKEN_LABEL } from '../contract/labels.ts';

/** The owner of a request's token. The name labels the batches that it starts. */
export interface Caller {
  name: string;
  /** Sees only the batches with its label. */
  ownOnly: boolean;
}

export interface Token extends Caller {
  /** SHA-256 of the token: all have one length to compare, and the token itself is not kept in memory. */
  digest: Buffer;
}

/** `NAME=TOKEN` or `NAME:own=TOKEN`. */
const ENTRY =
  /^(?<name>[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)(?<own>:own)?=(?<token>[\x21-\x2b\x2d-\x7e]{16,500})$/;
const VARIABLE = 'HUMMINGBATCH_API_TOKENS';

/** The label of every batch that a token starts. */
export function tokenLabel({ name }: Caller): string {
  return `${TOKEN_LABEL}${name}`;
}

/**
 * Parses the tokens of a setting: `shop:own=…,ops=…`. A name may occur twice, so that a token can be replaced while the old
 * one is still in use.
 *
 * @throws `usage` with the position of the entry, and never its text
 */
export function readTokens(setting: string): Token[] {
  return setting.split(',').map((text, index) => {
    const { name, own, token } = ENTRY.exec(text.trim())?.groups ?? {};
    if (name === undefined || token === undefined) throw malformed(index + 1);
    return { name, ownOnly: own !== undefined, digest: digestToken(token) };
  });
}

function malformed(position: number): HummingbatchError {
  return new HummingbatchError('usage', `${VARIABLE}: entry ${position} is malformed.`, {
    fix: 'Write NAME=TOKEN, or NAME:own=TOKEN for a token that sees only its own batches. A name has lower-case letters, digits and "-"; a token 16 to 500 characters without spaces and commas. Separate entries by commas.',
  });
}

/** The owner of a token. All tokens are compared in constant time, so that timing says nothing about them. */
export function identify(tokens: readonly Token[], presented: string): Caller | undefined {
  const digest = digestToken(presented);
  let found: Caller | undefined;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) found = token;
  return found && { name: found.name, ownOnly: found.ownOnly };
}

function digestToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
