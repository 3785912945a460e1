import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { importHost } from '../support/built.ts';

test('a worker that was closed leaves no context behind that slows each `await` of the process', async () => {
  const { startWorker } = await importHost();
  const store = await mkdtemp(join(tmpdir(), 'hummingbatch-host-'));
  onTestFinished(() => rm(store, { recursive: true, force: true }));
  const connect = vi.spyOn(NativeConnection, 'connect');
  onTestFinished(() => connect.mockRestore());
  const worker = await startWorker({
    ...{ store, apiKey: 'test-key', geminiUrl: 'http://127.0.0.1:9' },
    temporal: { address: inject('temporal') },
    ...{ taskQueue: 'host-worker', profile: 'embedded' },
  });
  const connection = await connect.mock.results[0]?.value;
  const context: unknown = Reflect.get(connection, 'callContextStorage');
  if (!(context instanceof AsyncLocalStorage)) throw new Error('Temporal keeps its context elsewhere.');
  context.enterWith('kept');
  await worker.close();
  expect(context.getStore()).toBeUndefined();
});
