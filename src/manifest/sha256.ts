import { createHash } from 'node:crypto';

/** Of a content, hex: what it is called by in the store. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
