import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { preparePython } from '../support/python.ts';
import { getImage } from './emulator-kit.ts';

const run = promisify(execFile);
const PACKAGE = 'google-genai==3.4.0';
const PROGRAM = fileURLToPath(new URL('emulator-python.py', import.meta.url));

it('the Python SDK runs a whole batch against the emulator, by file and inline', async (context) => {
  const sdk = await preparePython(PACKAGE);
  if ('missing' in sdk) return context.skip(sdk.missing);
  const folder = await mkdtemp(join(tmpdir(), 'emulator-python-'));
  const emulator = await createEmulator({ jobSeconds: 0.3, images: 'plain' });
  try {
    const { stdout } = await run(sdk.python, [PROGRAM, emulator.url, folder], { timeout: 60_000 });
    expect(JSON.parse(stdout)).toEqual({
      states: ['JOB_STATE_PENDING', 'JOB_STATE_SUCCEEDED', 'JOB_STATE_SUCCEEDED'],
      listed: true,
      deleted: 404,
      displayName: 'by file',
    });
    const result = await readFile(join(folder, 'result.jsonl'), 'utf8');
    const [a, b, c] = result
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(await sharp(getImage(a.response)?.bytes).metadata()).toMatchObject({ width: 1376, height: 768 });
    expect(b.response.candidates[0].finishReason).toBe('PROHIBITED_CONTENT');
    expect(c).toMatchObject({ key: 'c#1', error: { code: 13 } });
    expect(await sharp(join(folder, 'inline.jpg')).metadata()).toMatchObject({ width: 1024, height: 1024 });
  } finally {
    await emulator.close();
    await rm(folder, { recursive: true });
  }
}, 240_000);
