import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTemporal } from '../../../src/cli/config/temporal.ts';

test('an empty TEMPORAL_PROFILE or TEMPORAL_API_KEY counts as not set', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'temporal-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'temporal.toml');
  await writeFile(file, '[profile.default]\naddress = "temporal.test:7233"\nnamespace = "images"\n');
  const unset = readTemporal({ TEMPORAL_CONFIG_FILE: file });
  expect(unset).toMatchObject({ address: 'temporal.test:7233', namespace: 'images' });
  expect(readTemporal({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: '', TEMPORAL_API_KEY: '' })).toEqual(
    unset,
  );
});
