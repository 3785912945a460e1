import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseId } from '../../../src/cli/choose-id.ts';
import { readyManifest } from '../../../src/cli/manifest.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import { openStore } from '../../../src/store/open.ts';
import { callIn, folder } from './call.ts';

async function manifestIn(home: string, flags = {}) {
  const path = join(home, 'm.yaml');
  await writeFile(
    path,
    `name: autumn
model: nano-banana-pro
references: { used: "https://example.com/a.png", other: "https://example.com/b.png" }
items:
  - { key: a, prompt: x, references: [used] }
  - { key: b, prompt: y, references: [other] }
`,
  );
  return readyManifest(callIn(home, { args: [path], flags }), undefined);
}

describe('the id of a run', () => {
  test('is made of name and content, and does not change', async () => {
    const home = await folder();
    const ready = await manifestIn(home);
    expect(await chooseId(undefined, ready, {})).toBe(`autumn-${ready.fingerprint.slice(0, 8)}`);
  });

  test('with --new is the first free one', async () => {
    const home = await folder();
    const ready = await manifestIn(home);
    const store = await openStore(join(home, 'store'));
    const ids = [];
    for (let n = 0; n < 3; n += 1) {
      const id = await chooseId(store, ready, { new: true });
      await store.put(batchPlaces(id).manifest, '{}');
      ids.push(id);
    }
    expect(ids).toEqual([ready.batchId, `${ready.batchId}-2`, `${ready.batchId}-3`]);
  });

  test('is refused where it is invalid', async () => {
    const ready = await manifestIn(await folder());
    await expect(chooseId(undefined, ready, { id: 'No Id' })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a sample', () => {
  test('is a batch of its own: the first items and the references that they use', async () => {
    const home = await folder();
    const whole = await manifestIn(home);
    const sample = await manifestIn(home, { sample: 1 });
    expect(sample.manifest.items.map(({ key }) => key)).toEqual(['a']);
    expect(Object.keys(sample.manifest.references)).toEqual(['used']);
    expect(sample.batchId).toBe(`autumn-sample-${sample.fingerprint.slice(0, 8)}`);
    expect(sample.fingerprint).not.toBe(whole.fingerprint);
  });
});
