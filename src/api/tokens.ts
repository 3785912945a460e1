import { createHash, timingSafeEqual } from 'node:crypto';
import { HummingbatchError } from '../contract/errors.ts';

/** Who calls: the name labels the batches that are started with it. */
export interface Caller {
  name: string;
  /** Sees only the batches that carry its label. */
  ownOnly: boolean;
}

export interface Token extends Caller {
  /** SHA-256 of the token: what is compared has one length, and nobody reads a token out of this process's memory. */
  digest: Buffer;
}

/** `NAME=TOKEN` or `NAME:own=TOKEN`. */
const ENTRY =
  /^(?<name>[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)(?<own>:own)?=(?<token>[\x21-\x2b\x2d-\x7e]{16,500})$/;
const VARIABLE = 'HUMMINGBATCH_API_TOKENS';

/** All labels that begin so are given by tokens, and by nobody else over HTTP. */
export const TOKEN_LABEL = 'token:';

/** What every batch of a token carries. */
export function tokenLabel({ name }: Caller): string {
  return `${TOKEN_LABEL}${name}`;
}

/**
 * The tokens that a setting names: `shop:own=…,ops=…`. A name may come twice, so that a token can be replaced while the
 * old one is still in use.
 *
 * @throws `usage` naming the entry by its place and never by its text
 */
export function readTokens(setting: string): Token[] {
  return setting.split(',').map((text, index) => {
    const { name, own, token } = ENTRY.exec(text.trim())?.groups ?? {};
    if (name === undefined || token === undefined) throw malformed(index + 1);
    return { name, ownOnly: own !== undefined, digest: digestToken(token) };
  });
}

function malformed(place: number): HummingbatchError {
  return new HummingbatchError('usage', `${VARIABLE}: entry ${place} cannot be read.`, {
    fix: 'Write NAME=TOKEN, or NAME:own=TOKEN for one that sees only its own batches; a name of lower-case letters, digits and "-", a token of 16 to 500 characters without spaces and commas; entries parted by commas.',
  });
}

/** Whose token it is. Each is compared, in the same time for every input. */
export function identify(tokens: readonly Token[], presented: string): Caller | undefined {
  const digest = digestToken(presented);
  let found: Caller | undefined;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) found = token;
  return found && { name: found.name, ownOnly: found.ownOnly };
}

function digestToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
