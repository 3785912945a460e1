import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { connectTemporal } from '../../src/client/index.ts';

/** Collects what nobody catches, in place of the test runner. */
function collectUncaught(): unknown[] {
  const uncaught: unknown[] = [];
  const others = process.listeners('uncaughtException');
  const collect = (error: unknown): void => void uncaught.push(error);
  process.removeAllListeners('uncaughtException').on('uncaughtException', collect);
  onTestFinished(() => {
    process.off('uncaughtException', collect);
    for (const listener of others) process.on('uncaughtException', listener);
  });
  return uncaught;
}

/** A way to the Temporal server of the run that can be cut. */
async function openProxy() {
  const [host, port] = inject('temporal').split(':');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const other = connect(Number(port), host);
    for (const end of [socket, other]) sockets.add(end.on('error', () => undefined));
    socket.pipe(other).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a connection that is closed while a query is retried fails the query, not the process', async () => {
  const uncaught = collectUncaught();
  const proxy = await openProxy();
  const client = await connectTemporal({ address: proxy.address, namespace: 'default' });
  const unserved = { taskQueue: 'closed-connection', workflowId: 'closed-connection' };
  const handle = await client.workflow.start('unserved', unserved);
  onTestFinished(async () => {
    const again = await connectTemporal({ address: inject('temporal'), namespace: 'default' });
    await again.workflow.getHandle(handle.workflowId).terminate();
    await again.connection.close();
  });
  const answer = handle.query('status').then(
    () => 'answered',
    () => 'failed',
  );
  await pause(200);
  // The first retry comes about 100 ms after the cut.
  proxy.cut();
  await pause(30);
  await client.connection.close();
  expect(await Promise.race([answer, pause(5_000, 'open')])).toBe('failed');
  expect(uncaught).toEqual([]);
});
