import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  keepTemporal,
  type ManagedTemporal,
  runningTemporal,
  type ServerOptions,
  startTemporal,
  type TemporalPlace,
} from '../../src/local/index.ts';
import { endProcess, isRunning } from '../../src/local/process.ts';
import { readRecord, type ServerRecord } from '../../src/local/record.ts';
import { SHORT_LIVED } from '../support/node.ts';
import { temporalCliPath } from '../support/servers.ts';
import { findWatchers, killWatchers } from '../support/watchers.ts';

const USER = join(import.meta.dirname, '../support/temporal-user.ts');

let cli: string;
let directory: string;
let users: ChildProcess[];

beforeAll(async () => {
  cli = await temporalCliPath();
}, 120_000);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hummingbatch-local-'));
  users = [];
});

afterEach(async () => {
  for (const user of users) user.kill('SIGKILL');
  const left = await readRecord(directory);
  if (left && isRunning(left)) await endProcess(left, 0);
  await rm(directory, { recursive: true, force: true });
});

describe('a managed server with one user', () => {
  test('answers with its UI once it has started, and ends when it is released', async () => {
    const temporal = await startServer();
    const server = await readServer();
    expect(await fetch(temporal.uiUrl).then((page) => page.status)).toBe(200);
    expect(await runningTemporal(directory)).toEqual({
      address: temporal.address,
      uiUrl: temporal.uiUrl,
      namespace: 'default',
    });

    await temporal.release();

    expect(isRunning(server)).toBe(false);
    expect(await runningTemporal(directory)).toBeUndefined();
  });

  test('is released once, even if its user releases it repeatedly', async () => {
    const [first, second] = [await startServer(), await startServer()];
    await Promise.all([first.release(), first.release()]);
    expect(isRunning(await readServer())).toBe(true);
    await second.release();
    expect(isRunning(await readServer())).toBe(false);
  });

  test('accepts search attributes at once and keeps closed workflows for the requested time, also on an existing database', async () => {
    await (await startServer({ searchAttributes: { BatchId: 'Keyword' }, retentionHours: 24 })).release();
    const searchAttributes = { BatchId: 'Keyword', OutputsTotal: 'Int', BatchLabels: 'KeywordList' } as const;
    const { address } = await startServer({ searchAttributes, retentionHours: 720 });

    await withClient(address, async (client) => {
      await client.workflow.start('anything', {
        taskQueue: 'unserved',
        workflowId: 'with-attributes',
        typedSearchAttributes: [
          { key: defineSearchAttributeKey('BatchId', SearchAttributeType.KEYWORD), value: 'autumn' },
          { key: defineSearchAttributeKey('OutputsTotal', SearchAttributeType.INT), value: 3 },
          {
            key: defineSearchAttributeKey('BatchLabels', SearchAttributeType.KEYWORD_LIST),
            value: ['a', 'b'],
          },
        ],
      });
      const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(720 * 3600);
    });
  });

  test('names its database by the server version and gets no API key from its starter', async () => {
    await startServer({
      directory: relative(process.cwd(), directory),
      cli: relative(process.cwd(), cli),
      env: { ...process.env, GEMINI_API_KEY: 'not-a-real-key' },
    });
    expect((await readdir(directory)).filter((name) => name.endsWith('.sqlite'))).toEqual([
      expect.stringMatching(/^temporal-\d+\.\d+\.\d+\.sqlite$/),
    ]);
    if (process.platform !== 'linux') return;
    const environment = await readFile(`/proc/${(await readServer()).pid}/environ`, 'utf8');
    expect(environment).not.toContain('GEMINI_API_KEY');
  });

  test('listens on the ports of last time, or on others if those are taken', async () => {
    const first = await startServer();
    await first.release();
    const second = await startServer();
    expect([second.address, second.uiUrl]).toEqual([first.address, first.uiUrl]);
    await second.release();

    const other = createServer().listen((await readServer()).port, '127.0.0.1');
    await once(other, 'listening');
    const third = await startServer();
    other.close();
    expect(third.address).not.toBe(first.address);
    expect(third.uiUrl).toBe(first.uiUrl);
  });

  describe('whose ports another process takes at the last moment', () => {
    const PANIC = 'panic: listen tcp 127.0.0.1:40123: bind: address already in use';
    const trace = `goroutine 1 [running]:\n${'go.uber.org/fx.New({0x6054178, 0x3c7a4c6663c0})\n'.repeat(80)}`;

    /** A CLI whose server crashes like the dev server until the condition `until` holds. */
    async function writeFailingCli(until: string): Promise<string> {
      const path = join(directory, 'unlucky-temporal');
      await writeFile(join(directory, 'crash'), `${PANIC}\n\n${trace}`);
      const crash = `if [ "$1" = server ] && ${until}; then cat ${directory}/crash >&2; exit 2; fi`;
      await writeFile(path, `#!/bin/sh\n${crash}\nexec ${cli} "$@"\n`, { mode: 0o755 });
      return path;
    }

    test('is started again', async () => {
      const { address } = await startServer({ cli: await writeFailingCli(`mkdir ${directory}/tried`) });
      expect(await readdir(directory)).toContain('tried');
      expect(await runningTemporal(directory)).toMatchObject({ address });
    });

    test('fails after three attempts, with the reason but without a stack trace', async () => {
      const bringing = startServer({ cli: await writeFailingCli(`echo >> ${directory}/tries`) });
      await expect(bringing).rejects.toMatchObject({
        code: 'no-temporal',
        message: `The managed dev server did not start: ${PANIC}`,
      });
      expect(await readFile(join(directory, 'tries'), 'utf8')).toBe('\n\n\n');
    });
  });

  test('is refused if the requested port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = (other.address() as { port: number }).port;
    await expect(startServer({ port })).rejects.toMatchObject({
      code: 'no-temporal',
      message: expect.stringContaining(String(port)),
    });
    other.close();
  });
});

describe('a managed server with several users', () => {
  test('is started once for two processes at the same moment, and ends with the last one', async () => {
    const [first, second] = await Promise.all([startUser(), startUser()]);
    expect(first.place).toEqual(second.place);
    const server = await readServer();

    await first.leave();
    expect(isRunning(server)).toBe(true);
    await second.leave();
    expect(isRunning(server)).toBe(false);
  });

  test('is started once for many users in one process', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => startServer()));
    expect(new Set(all.map((temporal) => temporal.address)).size).toBe(1);
    await Promise.all(all.map((temporal) => temporal.release()));
    expect(isRunning(await readServer())).toBe(false);
  });

  test('does not keep running for a user that was killed', async () => {
    const user = await startUser();
    const temporal = await startServer();
    await user.kill();
    await temporal.release();
    expect(isRunning(await readServer())).toBe(false);
  });
});

describe('a managed server, after a kill', () => {
  test('of its only user ends within seconds, and has all its data for the next user', async () => {
    const user = await startUser();
    const server = await readServer();
    await startWorkflow(user.place.address, 'still-here');
    await user.kill();
    await expect.poll(() => isRunning(server), { timeout: 10_000 }).toBe(false);
    // Nothing is left that could hold up a program that copies the folder.
    await expect.poll(() => readdir(directory)).not.toContainEqual(expect.stringMatching(/^users\./));

    const temporal = await startServer();
    expect(temporal.address).toBe(user.place.address);
    expect(await readStatus(temporal.address, 'still-here')).toBe('RUNNING');
  });

  test('of one user keeps running for the others', async () => {
    const [first, second] = [await startUser(), await startUser()];
    const server = await readServer();
    await first.kill();
    await pause(500);
    expect(isRunning(server)).toBe(true);
    await second.kill();
    await expect.poll(() => isRunning(server), { timeout: 10_000 }).toBe(false);
  });

  test('of the only user does not take it from a user that joins at that moment', async () => {
    for (const waitMs of [0, 5, 60]) {
      const user = await startUser();
      const dying = user.kill();
      await pause(waitMs);
      const temporal = await startServer();
      await dying;
      await pause(500);
      expect(await runningTemporal(directory)).toMatchObject({ address: temporal.address });
      await temporal.release();
    }
  });

  test('of its user ends it even if the store was deleted before', async () => {
    const user = await startUser();
    const server = await readServer();
    await rm(directory, { recursive: true });
    await user.kill();
    await expect.poll(() => isRunning(server), { timeout: 10_000 }).toBe(false);
  });

  test('of its watchers is replaced at its address while a user keeps it', async () => {
    const temporal = await keepTemporal(serverOptions());
    const server = await readServer();
    killWatchers(server.pid);
    await expect.poll(async () => (await readServer()).pid, { timeout: 20_000 }).not.toBe(server.pid);
    await expect.poll(() => runningTemporal(directory)).toMatchObject({ address: temporal.address });
    expect(isRunning(server)).toBe(false);
    await temporal.release();
    expect(isRunning(await readServer())).toBe(false);
    expect(findWatchers(server.pid)).toEqual([]);
  });

  test('of the server itself has all its data for the next user', async () => {
    const first = await startServer();
    await startWorkflow(first.address, 'still-here');
    const server = await readServer();
    process.kill(server.pid, 'SIGKILL');
    await expect.poll(() => isRunning(server)).toBe(false);
    expect(await runningTemporal(directory)).toBeUndefined();

    const second = await startServer();

    expect(await readStatus(second.address, 'still-here')).toBe('RUNNING');
    expect((await readServer()).pid).not.toBe(server.pid);
  });

  test('of a server that had created only a part of its database creates the database again', async () => {
    const bringing = startServer();
    await expect
      .poll(() => readdir(directory), { interval: 1 })
      .toContainEqual(expect.stringMatching(/\.sqlite$/));
    const server = await readServer();
    process.kill(server.pid, 'SIGKILL');

    const { address } = await bringing;

    expect(await runningTemporal(directory)).toMatchObject({ address });
    expect((await readServer()).pid).not.toBe(server.pid);
    expect((await readdir(directory)).filter((name) => name.endsWith('.unmade'))).toEqual([]);
  });

  test('of all processes leaves an unrelated process with the server’s old process id alone', async () => {
    const temporal = await startServer();
    await temporal.release();
    const unrelated = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
    await once(unrelated, 'spawn');
    const server = await readServer();
    await writeFile(join(directory, 'server.json'), JSON.stringify({ ...server, pid: unrelated.pid }));

    const next = await startServer();
    await next.release();

    expect(unrelated.exitCode ?? unrelated.signalCode).toBeNull();
    unrelated.kill('SIGKILL');
  });

  test('of the process that was starting it is started by the next user', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    await writeFile(join(directory, 'lock.7'), JSON.stringify({ pid: dead.pid, startTime: 'then' }));
    const temporal = await startServer();
    expect(await runningTemporal(directory)).toMatchObject({ address: temporal.address });
  });

  test('ends a server that does not answer before another one opens its database', async () => {
    const user = await startUser();
    const deaf = await readServer();
    // The namespace has a different token now, so the server at this port is not the server of this record.
    await writeFile(join(directory, 'server.json'), JSON.stringify({ ...deaf, token: 'another' }));
    expect(await runningTemporal(directory)).toBeUndefined();

    await startServer();

    expect(isRunning(deaf)).toBe(false);
    await user.kill();
  });
});

describe('a managed server, in failure cases', () => {
  test('ends even if its store was deleted while it ran', async () => {
    const temporal = await startServer();
    const server = await readServer();
    await rm(directory, { recursive: true });
    await temporal.release();
    expect(isRunning(server)).toBe(false);
  });

  test('reports its own error message if it does not start, and leaves nothing running', async () => {
    await writeFile(join(directory, 'temporal-1.32.0.sqlite'), 'this is no database');
    const bringing = startServer();
    await expect(bringing).rejects.toMatchObject({
      code: 'no-temporal',
      message: expect.stringContaining('not a database'),
      fix: expect.stringContaining('server.log'),
    });
    expect(isRunning(await readServer())).toBe(false);
    await rm(join(directory, 'temporal-1.32.0.sqlite'));
  });

  test('leaves no server running if its start is interrupted', async () => {
    const controller = new AbortController();
    const bringing = startServer({ signal: controller.signal });
    await expect.poll(() => readRecord(directory), { interval: 1 }).toBeDefined();
    controller.abort();
    await expect(bringing).rejects.toMatchObject({ code: 'aborted' });
    expect(isRunning(await readServer())).toBe(false);
  });
});

function startServer(changes: Partial<ServerOptions> = {}): Promise<ManagedTemporal> {
  return startTemporal({ ...serverOptions(), ...changes });
}

function serverOptions(): ServerOptions {
  return {
    directory,
    cli,
    namespace: 'default',
    searchAttributes: {},
    retentionHours: 720,
    env: process.env,
    log: () => {},
  };
}

function startWorkflow(address: string, workflowId: string) {
  return withClient(address, (client) =>
    client.workflow.start('anything', { taskQueue: 'unserved', workflowId }),
  );
}

async function readStatus(address: string, workflowId: string): Promise<string> {
  const { status } = await withClient(address, (client) => client.workflow.getHandle(workflowId).describe());
  return status.name;
}

async function readServer(): Promise<ServerRecord> {
  const server = await readRecord(directory);
  if (!server) throw new Error('no server was ever started here');
  return server;
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function startUser(): Promise<{ place: TemporalPlace; leave(): Promise<void>; kill(): Promise<void> }> {
  const user = spawn(process.execPath, [...SHORT_LIVED, '--import', 'tsx', USER, directory, cli], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  users.push(user);
  const [line] = await once(createInterface(user.stdout), 'line');
  const ended = once(user, 'exit');
  return {
    place: JSON.parse(String(line)),
    async leave() {
      user.stdin.end();
      expect(await ended).toEqual([0, null]);
    },
    async kill() {
      user.kill('SIGKILL');
      await ended;
    },
  };
}
