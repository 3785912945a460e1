import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { SHORT_LIVED } from '../support/node.ts';
import { quietEnvironment } from '../support/run-here.ts';
import { samples } from '../support/samples.ts';
import { manifestText } from './cli-kit.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE = 60_000;

async function installWithNpm(folder: string, tarball: string): Promise<void> {
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, tarball], { cwd: folder });
}

/**
 * What `npm install` does, with the dependencies of this checkout: npm needs 15 s of CPU for them. Only those that package.json
 * names can be found.
 */
async function unpack(folder: string, tarball: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'hummingbatch');
  await mkdir(own, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', own]);
  const { dependencies, bin } = JSON.parse(await readFile(join(own, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    bin: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  await mkdir(join(modules, '.bin'));
  for (const [name, file] of Object.entries(bin)) {
    await chmod(join(own, file), 0o755);
    await symlink(join(own, file), join(modules, '.bin', name));
  }
}

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
    await (samples(0, 1) ? installWithNpm : unpack)(folder, join(folder, filename));
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

  test('exports neither activities nor the bare worker', async () => {
    const script = "await import('hummingbatch/worker')";
    const args = ['--input-type=module', '-e', script];
    await expect(run(process.execPath, args, { cwd: folder })).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });

  test.for([
    [
      'script/make-images.mjs',
      /^hero#1 image images\/\S+\nhero#2 image images\/\S+\nflat#1 image images\/\S+\nCOMPLETED \S+ USD\n$/,
    ],
    ['host/local.mjs', /^API: http:\S+, Temporal UI: http:\S+\nlocal-\S+ COMPLETED\n$/],
  ] as const)('runs examples/%s', { timeout: 2 * MINUTE }, async ([example, printed]) => {
    const name = basename(example);
    const cwd = join(folder, basename(example, '.mjs'));
    await mkdir(cwd);
    await copyFile(join(ROOT, 'examples', example), join(cwd, name));
    await writeFile(join(cwd, 'manifest.yaml'), manifestText(basename(example, '.mjs')));
    const { stdout } = await run(process.execPath, [...SHORT_LIVED, name], { cwd, env: quietEnvironment() });
    expect(stdout).toMatch(printed);
  });

  test('runs examples/host/worker.mjs', { timeout: 2 * MINUTE }, async () => {
    const cwd = join(folder, 'worker');
    await mkdir(cwd);
    await copyFile(join(ROOT, 'examples', 'host', 'worker.mjs'), join(cwd, 'worker.mjs'));
    const env = {
      ...quietEnvironment(),
      TEMPORAL_ADDRESS: inject('temporal'),
      GEMINI_API_KEY: 'AIza-example',
    };
    const child = spawn(process.execPath, [...SHORT_LIVED, 'worker.mjs'], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const url = line.replace('API: ', '');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 30_000 }).toBe(200);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('has the command line, with the manifest schema', async () => {
    const manifest = {
      name: 'packed',
      model: 'nano-banana-pro',
      items: [{ key: 'one', prompt: 'A bottle' }],
    };
    await mkdir(join(folder, 'work'));
    await writeFile(join(folder, 'work', 'manifest.json'), JSON.stringify(manifest));
    const command = join(folder, 'node_modules', '.bin', 'hummingbatch');
    const { stdout } = await run(command, ['validate', 'manifest.json', '--json'], {
      cwd: join(folder, 'work'),
    });
    expect(JSON.parse(stdout)).toEqual({ ok: true, problems: [] });
  });
});
