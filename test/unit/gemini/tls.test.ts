import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const CALLER = join(import.meta.dirname, 'tls-caller.ts');
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate for localhost that only this test trusts. */
async function certificate(): Promise<{ file: string; key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { file: cert, key: await readFile(key), cert: await readFile(cert) };
}

// In its own process: Node reads the trusted certificates once, at its start.
test.skipIf(!hasOpenssl)('creates a job over TLS with one POST', async () => {
  const { file, ...identity } = await certificate();
  const heard: string[] = [];
  const server = createServer(identity, (request, response) => {
    request.on('data', (bytes: Buffer) => heard.push(`${request.method} ${bytes.toString()}`));
    request.on('end', () => response.end(JSON.stringify({ name: 'batches/abc' })));
  }).listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', CALLER, url], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: file },
  });
  expect(JSON.parse(stdout)).toEqual({ kind: 'created', job: 'batches/abc' });
  expect(heard).toEqual(['POST {"batch":{"displayName":"hb/x","inputConfig":{"fileName":"files/x"}}}']);
});
