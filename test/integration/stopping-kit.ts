import { expect } from 'vitest';
import { parseSubmission, type TestBatch } from '../support/test-batch.ts';
import type { World } from '../support/world.ts';
import { picture } from './activities-kit.ts';

const REFERENCE = await picture(7);
/** A reference and a request file. */
export const UPLOADS = 2;

/** Writes a manifest of one item with a reference. Returns its path. */
export function writeManifest(world: World): Promise<string> {
  return world.manifest(
    {
      name: 'stopping',
      model: 'nano-banana-pro',
      references: { bottle: 'bottle.png' },
      items: [{ key: 'a', prompt: 'The bottle', references: ['bottle'], count: 2 }],
    },
    { 'bottle.png': REFERENCE },
  );
}

/** Waits for the end and expects all images from one job, the one of this submission. */
export async function expectWhole(batch: TestBatch, submission: string): Promise<void> {
  expect(await batch.ended()).toMatchObject({ state: 'COMPLETED', outputs: { image: 2 } });
  expect((await batch.jobs()).map(parseSubmission)).toEqual([submission]);
}
