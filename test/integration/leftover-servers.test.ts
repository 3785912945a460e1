import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'vitest';
import type { Config } from '../../src/cli/config/config.ts';
import type { Finding } from '../../src/cli/doctor/check.ts';
import { checkLeftovers } from '../../src/cli/doctor/leftovers.ts';
import { endLeftover, findLeftovers, type RunningServer } from '../../src/local/index.ts';
import { endProcess, isRunning } from '../../src/local/process.ts';
import { readRecord } from '../../src/local/record.ts';
import { commandsFromPs } from '../../src/local/running-servers.ts';
import type { Desk, Running } from '../support/desk.ts';
import { findWatchers, killWatchers } from '../support/watchers.ts';
import { callIn } from '../unit/cli/call.ts';
import { createDesk } from './cli-kit.ts';

const { signal } = new AbortController();

test.concurrent('a server in use is no leftover', async ({ expect, onTestFinished }) => {
  const { desk, server, user } = await startServer(onTestFinished);
  expect(await findOurs(server)).toBeUndefined();
  expect(await endLeftover({ ...server, watched: false, bytes: 0 }, signal)).toBe(false);
  expect(isRunning(server)).toBe(true);

  user.child.kill('SIGTERM');
  await user.ended;
  expect(isRunning(server)).toBe(false);
  expect((await findLeftoverCheck(desk)).message).not.toContain(desk.folder);
});

test.concurrent('a server whose user and watchers were killed at once is listed by doctor, and ended where that is confirmed', async ({
  expect,
  onTestFinished,
}) => {
  const { desk, server, user } = await startServer(onTestFinished);
  await leaveOver(server, user);

  expect(await findLeftoverCheck(desk)).toMatchObject({
    level: 'hint',
    message: expect.stringContaining(`${server.directory} (process ${server.pid}, `),
    fix: expect.stringContaining('hummingbatch doctor --yes'),
  });
  expect(isRunning(server)).toBe(true);

  const ask = async (question: string) => (question.includes(server.directory) ? 'y' : 'n');
  const finding = await checkLeftovers(callIn(desk.folder, { ask }), {} as Config);
  expect(finding.message).toContain(`Ended the server of ${server.directory}`);
  expect(isRunning(server)).toBe(false);
});

test.concurrent('a leftover of a deleted store is found and ended', async ({ expect, onTestFinished }) => {
  const { server, user } = await startServer(onTestFinished);
  await leaveOver(server, user);
  await rm(server.directory, { recursive: true });
  const found = await findOurs(server);
  expect(found).toMatchObject({ directory: server.directory, pid: server.pid });
  expect(found && (await endLeftover(found, signal))).toBe(true);
  expect(isRunning(server)).toBe(false);
});

test.concurrent('a leftover is taken over by the next user, who ends it', async ({
  expect,
  onTestFinished,
}) => {
  const { desk, server, user } = await startServer(onTestFinished);
  await leaveOver(server, user);
  const next = desk.begin('temporal');
  await next.said('Ctrl-C ends it.');
  expect(isRunning(server), 'a server without watchers is replaced').toBe(false);
  next.child.kill('SIGTERM');
  expect(await next.ended).toMatchObject({ code: 0 });
});

test.concurrent('a server is named by ps as by /proc', async ({ expect, onTestFinished }) => {
  const { server } = await startServer(onTestFinished);
  const found = (await commandsFromPs()).find(({ pid }) => pid === server.pid);
  expect(found?.command).toContain(`--db-filename ${server.directory}/temporal-`);
  expect(found?.bytes).toBeGreaterThan(20e6);
});

async function startServer(onFinished: Parameters<typeof createDesk>[1]) {
  const desk: Desk = await createDesk({}, onFinished);
  const user = desk.begin('temporal');
  await user.said('Ctrl-C ends it.');
  const directory = join(desk.folder, 'hummingbatch', '.temporal');
  const record = await readRecord(directory);
  if (!record) throw new Error('no server was started');
  onFinished?.(() => void endProcess(record, 0));
  return { desk, user, server: { ...record, directory } };
}

async function findLeftoverCheck(desk: Desk): Promise<Finding> {
  const { stdout } = await desk.run(['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as { checks: Finding[] };
  return checks.find(({ name }) => name === 'leftover servers') as Finding;
}

async function leaveOver({ pid }: { pid: number }, user: Running): Promise<void> {
  // The user would start its server again.
  user.child.kill('SIGSTOP');
  killWatchers(pid);
  user.child.kill('SIGKILL');
  await user.ended;
  while (findWatchers(pid).length > 0) await pause(20);
}

async function findOurs({ pid }: { pid: number }): Promise<RunningServer | undefined> {
  return (await findLeftovers()).find((server) => server.pid === pid);
}
