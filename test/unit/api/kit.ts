import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const API = fileURLToPath(new URL('../../support/api-process.ts', import.meta.url));

/** The API in a process of its own, with a store of its own. */
export async function startApi(tokens = '') {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-api-'));
  const child = spawn(process.execPath, ['--import', 'tsx', API, folder, tokens], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await rm(folder, { recursive: true });
  });
  const { url } = await receive<{ url: string }>(child);

  return {
    url,
    async memory(): Promise<number> {
      child.send('memory');
      return (await receive<{ rss: number }>(child)).rss;
    },
    /** A connection that sends these bytes and stays open. */
    async open(...bytes: readonly (string | Buffer)[]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      sockets.push(socket);
      let heard = '';
      socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      for (const part of bytes) socket.write(part);
      return { socket, heard: () => heard };
    },
    /** How often the health check answers while something else happens. */
    async watchHealth<Result>(meanwhile: Promise<Result>) {
      const over = new AbortController();
      void meanwhile.finally(() => over.abort());
      let answers = 0;
      while (!over.signal.aborted) {
        const { ok } = await fetch(`${url}/healthz`);
        if (ok && !over.signal.aborted) answers += 1;
        await pause(5);
      }
      return { answers, result: await meanwhile };
    },
  };
}

async function receive<Message>(child: ChildProcess): Promise<Message> {
  const [message] = (await once(child, 'message')) as [Message];
  return message;
}

/** The head of a request with a body. */
export function head(path: string, headers: Record<string, string | number>): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
