import type { Item, Manifest } from '../../../src/contract/manifest.ts';
import type { Answer, ImageFile } from '../../../src/contract/record.ts';
import type { Reason } from '../../../src/contract/words.ts';

export function item(key: string, over: Partial<Item> = {}): Item {
  return { key, prompt: `a picture of ${key}`, imageSize: '1K', count: 1, references: [], ...over };
}

export function manifest(items: Item[], over: Partial<Manifest> = {}): Manifest {
  return { name: 'autumn', model: 'gemini-3-pro-image', references: {}, items, run: {}, ...over };
}

export function imageFile(sha256: string, over: Partial<ImageFile> = {}): ImageFile {
  return {
    file: `images/${sha256}.png`,
    mime: 'image/png',
    width: 1024,
    height: 1024,
    bytes: 9,
    sha256,
    ...over,
  };
}

export function imageAnswer(output: string, sha256: string, over: Partial<Answer> = {}): Answer {
  return {
    output,
    outcome: 'image',
    image: imageFile(sha256),
    flags: [],
    costUsd: 0.067,
    round: 1,
    job: 'batches/one',
    ...over,
  };
}

export function lostAnswer(output: string, reason: Reason, over: Partial<Answer> = {}): Answer {
  return { output, outcome: 'failed', reason, flags: [], costUsd: 0, round: 1, job: 'batches/one', ...over };
}
