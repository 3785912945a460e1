import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import { readManifest } from '../../src/manifest/index.ts';
import { openDesk } from '../support/desk.ts';
import { createListener } from '../support/listener.ts';
import { blackPng, pngChunk } from '../support/png.ts';
import { createWorld } from '../support/world.ts';

const MB = 1_000_000;

/** Prints the peak memory on stderr when the process ends. */
const PRINT_PEAK = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process._rawDebug('peak ' + process.resourceUsage().maxRSS / 1024 + ' MB'))",
)}`;
/** Node and the imports take 90 MB, the file itself 32 to 100 MB, and a parser up to 300 MB. */
const MAX_MEMORY_MB = 600;

/** Files of a few bytes. */
const SMALL = ['utf16.csv', 'nul.csv'];

let desk: Awaited<ReturnType<typeof openDesk>>;
beforeAll(async () => {
  desk = await openDesk({ NODE_OPTIONS: `--max-old-space-size=512 --import=${PRINT_PEAK}` });
});
afterAll(() => desk.close());

const at = (name: string) => join(desk.folder, name);

/**
 * Runs a manifest that must be refused before anything is created. Returns its stderr. One that may need much memory runs in a
 * process of its own, which is measured.
 */
async function catchRefusal(name: string, size: 'large' | 'small' = 'large'): Promise<string> {
  const run = size === 'large' ? desk.execute : desk.run;
  const { code, stdout, stderr } = await run(['run', name, '--emulator', '--json']);
  expect(code, stderr.slice(0, 2000)).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'manifest-invalid' } });
  if (size === 'large') expect(getPeak(stderr)).toBeLessThan(MAX_MEMORY_MB);
  expect(stderr.length, 'the output is short enough to read').toBeLessThan(100_000);
  expect(existsSync(at('hummingbatch-emulator')), 'nothing was stored or uploaded').toBe(false);
  return stderr;
}

function getPeak(stderr: string): number {
  return Number(/^peak ([\d.]+) MB$/m.exec(stderr)?.[1]);
}

describe('run refuses a hostile manifest with a message and bounded memory', () => {
  const bomb = Array.from(
    { length: 9 },
    (_, n) =>
      `a${n}: &a${n} [${
        n === 0
          ? 'x'
          : Array(10)
              .fill(`*a${n - 1}`)
              .join(', ')
      }]`,
  );

  test.each<[string, () => string | Buffer, RegExp]>([
    ['deep.yaml', () => '['.repeat(100_000), /deep\.yaml:1:\d+ The file is nested deeper than 32 levels\./],
    ['deep.json', () => '{"a":'.repeat(MB), /deep\.json:1:\d+ The file is nested deeper than 32 levels\./],
    ['bomb.yaml', () => bomb.join('\n'), /The file has more than 250,000 values\./],
    [
      'quoted.yaml',
      () => `name: "${'x'.repeat(31 * MB)}"`,
      /The limit for YAML is 8 MiB\. Split the file, or write it as JSON or JSONL\./,
    ],
    [
      'quoted-8.yaml',
      () => `name: "${'x'.repeat(8 * MB)}"`,
      /"name" is the text "x{60}…"\. A text of 1 to 100 characters in one line\./,
    ],
    [
      'text.json',
      () => `{"name":"${'x'.repeat(31 * MB)}"}`,
      /"name" is the text "x{60}…"\. A text of 1 to 100/,
    ],
    [
      'line.jsonl',
      () => `{"key":"${'x'.repeat(31 * MB)}","prompt":"x"}`,
      /The key has 31000000 characters\. Use at most 100\./,
    ],
    [
      'commas.csv',
      () => ','.repeat(31 * MB),
      /The file has more than 250,000 cells\. Use fewer columns, or split the file into two batches\./,
    ],
    [
      'columns.csv',
      () => `key,prompt,${'x,'.repeat(100_000)}`,
      /"x" is not a known column\. The columns are key, prompt, .*99801 more problems were found\./s,
    ],
    [
      'utf16.csv',
      () => Buffer.from('\uFEFFkey,prompt\na,x\n', 'utf16le'),
      /The file is not UTF-8 text\. Save the file as UTF-8\./,
    ],
    ['nul.csv', () => 'key,prompt\na,x\0y\n', /nul\.csv:2:4 The file contains a NUL byte\./],
  ])('in the file %s', async (name, content, sentence) => {
    await writeFile(at(name), content());
    expect(await catchRefusal(name, SMALL.includes(name) ? 'small' : 'large')).toMatch(sentence);
  });

  // The size is checked before the format matters: one is measured.
  test.each([
    ['yaml', 'large'],
    ['json', 'small'],
    ['jsonl', 'small'],
    ['csv', 'small'],
  ] as const)('of 100 MB in %s', async (format, size) => {
    await writeFile(at(`big.${format}`), '');
    await truncate(at(`big.${format}`), 100 * MB);
    expect(await catchRefusal(`big.${format}`, size)).toMatch(
      /The manifest has 95\.4 MiB\. The limit is 32 MiB\. Split the manifest/,
    );
  });

  test.skipIf(process.platform === 'win32')(
    'that is a pipe, a device, a folder or a link to itself',
    async () => {
      execFileSync('mkfifo', [at('pipe.yaml')]);
      await symlink('/dev/zero', at('device.yaml'));
      await mkdir(at('folder.yaml'));
      await symlink('loop.yaml', at('loop.yaml'));
      for (const name of ['pipe', 'device', 'folder'])
        expect(await catchRefusal(`${name}.yaml`, 'small')).toContain(
          'The path is a folder, a pipe or a device, not a file.',
        );
      expect(await catchRefusal('loop.yaml', 'small')).toContain('The file cannot be read (ELOOP).');
    },
  );

  test('and reports every key that is not a safe file name, with its invisible characters', async () => {
    const keys: [string, RegExp][] = [
      ['\u202Egnp.exe', /U\+202E/],
      ['a\u2066b', /U\+2066/],
      ['a\u200Fb', /U\+200F/],
      ['می\u200Cخواهم', /U\+200C/],
      ['a\u200Db', /U\+200D/],
      ['a\u00ADb', /U\+00AD/],
      ['a\uFE0Fb', /U\+FE0F/],
      ['a\u034Fb', /U\+034F/],
      ['a\u{E0041}', /U\+E0041/],
      ['\u3164', /U\+3164/],
      ['\u001b[2J', /U\+001B/],
      ['👩‍🚀', /"👩"/],
      ['../x', /"\/"/],
      ['Straße', /./],
      ['STRASSE', /"STRASSE" is the same key as "Straße" on line 17\. Rename one of them\./],
      ['caf\u00E9', /./],
      ['CAFE\u0301', /is the same key as "café" on line 19\./],
    ];
    const items = keys.map(([key]) => JSON.stringify({ key, prompt: 'x' }));
    await writeFile(
      at('keys.json'),
      `{"name":"k",\n"model":"nano-banana-pro","items":[\n\n${items.join(',\n')}]}`,
    );
    const lines = (await catchRefusal('keys.json', 'small')).split('\n');
    for (const [n, [key, why]] of keys.entries()) {
      const reported = lines.find((line) => line.startsWith(`keys.json:${n + 4}:`));
      if (['Straße', 'café'].includes(key)) expect(reported).toBeUndefined();
      else expect(reported).toMatch(why);
    }
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});

test('run reports all invalid references at once, each with its reason', async () => {
  const webp = Buffer.alloc(30);
  webp.write('RIFF', 'latin1');
  webp.writeUInt32LE(22, 4);
  webp.write('WEBPVP8X', 8, 'latin1');
  webp.writeUInt32LE(10, 16);
  webp.fill(0xff, 24);
  const files: Record<string, [Buffer | string, string]> = {
    'archive.png': [Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), 'It is not an image.'],
    'packed.png': [gzipSync('x'), 'It is not an image.'],
    'page.jpg': ['<!doctype html><title>404</title>', 'It is not an image.'],
    'drawing.png': [
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      'It is of the type SVG.',
    ],
    'large.png': [blackPng(20_000, 20_000), 'It has 20000 × 20000 pixels.'],
    'wide.png': [blackPng(20_001, 1), 'It has 20001 × 1 pixels.'],
    'largest.webp': [webp, 'It has 16777216 × 16777216 pixels.'],
    'moving.png': [blackPng(8, 8, pngChunk('acTL', Buffer.alloc(8))), 'It is animated.'],
    'cut.png': [blackPng(9, 9).subarray(0, 50), 'It is cut off or damaged.'],
    'empty.png': ['', 'It is not an image.'],
  };
  for (const [name, [content]] of Object.entries(files)) await writeFile(at(name), content);
  const expected: Record<string, string> = Object.fromEntries(
    Object.entries(files).map(([name, [, why]]) => [name, why]),
  );
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [at('pipe.png')]);
    await symlink('/dev/zero', at('device.png'));
    await symlink('loop.png', at('loop.png'));
    Object.assign(expected, {
      'pipe.png': 'is not a file.',
      'device.png': 'is not a file.',
      'loop.png': 'cannot be read (ELOOP).',
    });
  }
  // This file reports a size of 0 and has more bytes than the machine has memory.
  if (process.platform === 'linux') expected['/proc/self/pagemap'] = 'Use a file of at most 30 MB.';
  Object.assign(expected, {
    '.': 'is not a file.',
    'http://127.0.0.1/x.png': 'is not encrypted.',
    'file:///etc/passwd': '"file:" is not supported.',
    'data:image/png;base64,AAAA': '"data:" is not supported.',
    'https://user:secret@example.com/x.png': 'The URL contains a user name or a password.',
    'https:example.com': 'is not a valid URL.',
  });
  const references = Object.fromEntries(Object.keys(expected).map((source, n) => [`r${n}`, source]));
  const items = Object.keys(references).map((name) => ({ key: name, prompt: 'x', references: [name] }));
  const manifest = { name: 'refs', model: 'nano-banana-pro', references, items };
  await writeFile(at('refs.json'), JSON.stringify(manifest, null, 1));

  const reported = (await catchRefusal('refs.json', 'small')).split('\n');
  const first =
    JSON.stringify(manifest, null, 1)
      .split('\n')
      .findIndex((line) => line.includes('"r0":')) + 1;
  const reasons = Object.keys(expected).map(
    (_, n) => reported.find((line) => line.startsWith(`refs.json:${first + n}:`)) ?? 'nothing',
  );
  expect(reasons).toEqual(Object.values(expected).map((why) => expect.stringContaining(why)));
  expect(reported.join('\n')).not.toContain('secret');
});

test.each([
  ['grows', 'a'],
  ['is replaced by one of its size', 'r+'],
  ['is deleted', undefined],
])('a reference that %s while the batch is started is never copied into the store', async (_, flag) => {
  const world = await createWorld();
  onTestFinished(() => world.close());
  const item = { key: 'a', prompt: 'x', references: ['r'] };
  const path = await world.manifest(
    { name: 'growing', model: 'nano-banana-pro', references: { r: 'r.png' }, items: [item] },
    { 'r.png': blackPng(9, 9) },
  );
  const read = await readManifest(path);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const picture = join(dirname(path), 'r.png');
  if (flag === undefined) await rm(picture);
  else await writeFile(picture, 'other', { flag });
  const starting = world.hummingbatch.startNormalised({
    manifest: read.manifest,
    references: read.references,
  });
  await expect(starting).rejects.toMatchObject({
    code: 'manifest-invalid',
    message: expect.stringMatching(/r\.png changed while the batch was started\.$/),
  });
  expect(await world.store.list('references/')).toEqual([]);
});

test('a reference URL that resolves to a private address is not fetched, and nothing is uploaded', async () => {
  const { port, connections } = await createListener();
  const emulator = await createEmulator({ images: 'plain' });
  onTestFinished(() => emulator.close());
  await writeFile(
    at('inside.json'),
    JSON.stringify({
      name: 'inside',
      model: 'nano-banana-pro',
      references: { r: `https://0x7f.1:${port}/x.png` },
      items: [{ key: 'a', prompt: 'x', references: ['r'] }],
    }),
  );
  const env = { GEMINI_API_KEY: 'any', HUMMINGBATCH_GEMINI_URL: emulator.url };
  const { code, stderr } = await desk.execute(['run', 'inside.json'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `The reference at https://127.0.0.1:${port} could not be fetched: it resolves to an address that is not public.`,
  );
  expect(stderr).toContain('Check the URL, or use a local file.');
  expect(connections()).toBe(0);
  expect(await emulator.ledger()).toMatchObject({ uploads: [], jobs: [] });
});

test('a batch with keys and prompts in every script completes, and its files have these names', async () => {
  const keys = [
    ...['größe', 'Ελληνικά', 'مفتاح', 'עברית', 'नमस्ते', 'ขวดน้ำ', 'ボトル', '병'],
    ...['e\u0301', '٣', '𝒜', 'z\u0310\u0311\u0312\u0313', '𞤀𞤣'],
  ];
  // A chunk that decompresses to 50 MB: decoding the image must not read it.
  const bomb = deflateSync(Buffer.alloc(50 * MB));
  const chunks = [
    pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), bomb])),
    pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), bomb])),
  ];
  await writeFile(at('bomb.png'), blackPng(64, 64, ...chunks));
  const items = keys.map((key, n) => ({
    key,
    prompt: `${key} 👩‍👩‍👧 \u202Eright to left\u202C क्‍ष ${'\u0301'.repeat(n)}`,
    references: ['r'],
  }));
  await writeFile(
    at('scripts.json'),
    JSON.stringify({ name: 'صيف 夏', model: 'nano-banana-pro', references: { r: 'bomb.png' }, items }),
  );
  const { code, stdout, stderr } = await desk.execute([
    'run',
    'scripts.json',
    '--emulator',
    '--json',
    '--store',
    'scripts',
  ]);
  expect(code, stderr).toBe(0);
  const { directory } = JSON.parse(stdout) as { directory: string };
  const names = await readdir(join(directory, 'images'));
  expect(new Set(names.map((name) => name.normalize('NFC')))).toEqual(
    new Set(keys.map((key) => `${key.normalize('NFC')}.jpg`)),
  );
  expect(getPeak(stderr)).toBeLessThan(MAX_MEMORY_MB);
});
