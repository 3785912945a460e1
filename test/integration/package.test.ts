import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE = 60_000;

describe('the package, installed from its tarball in an empty folder', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hummingbatch-package-'));
    // Without scripts: the build exists, and building again would delete it while other tests use it.
    const { stdout } = await run(
      'npm',
      ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
      { cwd: ROOT },
    );
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await writeFile(join(folder, 'package.json'), '{"name":"empty","type":"module","private":true}');
    await run(
      'npm',
      ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)],
      { cwd: folder },
    );
  }, 4 * MINUTE);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('can be imported by each of its exports', async () => {
    const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    const code = Object.keys(exports).filter((name) => !name.endsWith('.json'));
    const names = code.map((name) => name.replace(/^\./, 'hummingbatch'));
    expect(names).toContain('hummingbatch/client');
    // Workflow code runs only in Temporal's sandbox; a bundler needs only that its name resolves.
    const script = names
      .map((name) =>
        name.endsWith('/workflows')
          ? `import.meta.resolve('${name}')`
          : `Object.keys(await import('${name}')).length`,
      )
      .join(', ');
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '-e', `console.log(JSON.stringify([${script}]))`],
      { cwd: folder },
    );
    expect(JSON.parse(stdout)).toHaveLength(names.length);
  });

  test(
    'runs a batch',
    async () => {
      const manifest = {
        name: 'packed',
        model: 'nano-banana-pro',
        items: [{ key: 'one', prompt: 'A bottle', count: 2 }],
      };
      await mkdir(join(folder, 'work'));
      await writeFile(join(folder, 'work', 'manifest.json'), JSON.stringify(manifest));
      const args = ['run', 'manifest.json', '--emulator', '--json', '--yes'];
      const { stdout } = await run(join(folder, 'node_modules', '.bin', 'hummingbatch'), args, {
        cwd: join(folder, 'work'),
      });
      expect(JSON.parse(stdout)).toMatchObject({
        state: 'COMPLETED',
        outputs: { total: 2, image: 2 },
        rounds: 1,
      });
    },
    2 * MINUTE,
  );
});
