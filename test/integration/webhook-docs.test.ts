import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { postPublic } from '../../src/net/post.ts';
import { createWorld, type World } from '../support/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

/** Extracts the one program of the document. */
async function extractReceiver(document: string): Promise<string> {
  const text = await readFile(join(ROOT, document), 'utf8');
  return /^```ts\n(?<code>[\s\S]*?)^```$/m.exec(text)?.groups?.['code'] ?? '';
}

describe('the receiver in docs/webhooks.md', () => {
  let world: World;
  let port: number;
  beforeAll(async () => {
    world = await createWorld();
    port = await freePort();
    const host = `127.0.0.1:${port}`;
    await world.work({
      webhookSecrets: (name) => (name === 'shop' ? [SECRET] : undefined),
      postWebhook: (post, signal) => postPublic(post, { hosts: [host], deadlineMs: 5_000 }, signal),
    });
    // As if the package were installed there.
    await mkdir(join(world.folder, 'node_modules'));
    for (const name of ['@types', '@temporalio'])
      await symlink(join(ROOT, 'node_modules', name), join(world.folder, 'node_modules', name));
    await symlink(ROOT, join(world.folder, 'node_modules', 'hummingbatch'));
    await writeFile(join(world.folder, 'package.json'), '{"type":"module","private":true}');
    const code = await extractReceiver('docs/webhooks.md');
    await writeFile(join(world.folder, 'receiver.ts'), code.replace('9000', String(port)));
  });
  afterAll(() => world.close());

  test('passes the type check', async () => {
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023'];
    const { stdout } = await promisify(execFile)(
      join(BIN, 'tsc'),
      [...options, '--types', 'node', 'receiver.ts'],
      { cwd: world.folder },
    ).catch((error) => error);
    expect(stdout).toBe('');
  });

  test('prints how a batch ended and refuses an unsigned event', async () => {
    const child = spawn(join(BIN, 'tsx'), ['receiver.ts'], {
      cwd: world.folder,
      env: { ...process.env, WEBHOOK_SECRET: SECRET },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    const waitForOutput = async (words: string) => {
      while (!output.includes(words)) await pause(50);
    };
    try {
      await waitForOutput('listening');
      const forged = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{}' });
      expect(forged.status).toBe(401);
      const manifest = await world.manifest({
        name: 'notified',
        model: 'nano-banana-pro',
        items: [{ key: 'a', prompt: 'x' }],
        run: { notify: [{ url: `http://127.0.0.1:${port}/hooks`, secretRef: 'shop' }] },
      });
      await world.hummingbatch.startBatch({ manifest, batchId: 'docs-notified' });
      await waitForOutput('docs-notified COMPLETED 1 of 1');
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});
