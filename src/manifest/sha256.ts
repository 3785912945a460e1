import { createHash } from 'node:crypto';

/** SHA-256 of a content, hex. The store names references by it. */
export function computeSha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
