import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchPublic, fetchThrough } from '../../../src/net/fetch.ts';

const MB = 1_000_000;
const LIMITS = { bytes: MB, deadlineMs: 300 };
const PATIENT = { ...LIMITS, deadlineMs: 10_000 };
const never = () => new AbortController().signal;
const refused = (why: RegExp) => ({ code: 'reference-unreachable', message: expect.stringMatching(why) });

/**
 * A server that sends exactly these bytes, behind a public name. The connection has no TLS, which is not the subject
 * here.
 */
async function host(say: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let written = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    // The client closes the connection when it has enough.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      written += socket.bytesWritten;
      sockets.delete(socket);
    });
    socket.once('data', () => say(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({
    connect: (_, callback) => {
      const socket = connect(port, '127.0.0.1');
      const failed = (error: Error) => callback(error, null);
      socket.once('error', failed).once('connect', () => callback(null, socket.off('error', failed)));
    },
  });
  onTestFinished(async () => {
    await agent.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    fetch: (limits = LIMITS) => fetchThrough(agent, 'https://host.example/secret', limits, never()),
    open: () => sockets.size,
    written: () => written,
  };
}

const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`;

/** Writes this until the client disconnects. */
function forEver(socket: Socket, piece: Buffer | string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

const forEverChunk = `${MB.toString(16)}\r\n${'x'.repeat(MB)}\r\n`;

describe('a hostile server', () => {
  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['accepts and says nothing', () => undefined, /timeout/],
    ['never ends its headers', (socket) => forEver(socket, 'x-more: x\r\n'), /./],
    [
      'drips a byte now and then',
      (socket) => {
        socket.write(head('content-length: 1000'));
        const drip = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(drip));
      },
      /timeout/,
    ],
    [
      'stops in the middle of what it announced',
      (socket) => void socket.write(`${head('content-length: 1000')}xx`),
      /timeout/,
    ],
  ])('is cut off at the deadline when it %s', async (_, say, why) => {
    const { fetch, open } = await host(say);
    await expect(fetch()).rejects.toMatchObject(refused(why));
    await expect.poll(open).toBe(0);
  });

  test.each<[string, (socket: Socket) => void]>([
    [
      'sends a body without an end',
      (socket) => {
        socket.write(head('transfer-encoding: chunked'));
        forEver(socket, forEverChunk);
      },
    ],
    [
      'announces little and sends much',
      (socket) => {
        socket.write(head());
        forEver(socket, 'x'.repeat(MB));
      },
    ],
    [
      'sends a gzip of a gigabyte',
      (socket) => {
        socket.write(head('content-encoding: gzip', 'connection: close'));
        // A gzip body may have several members.
        forEver(socket, gzipSync(Buffer.alloc(50 * MB)));
      },
    ],
    [
      'sends a gzip in a gzip',
      (socket) => {
        const bomb = gzipSync(gzipSync(Buffer.alloc(50 * MB)));
        socket.end(
          Buffer.concat([
            Buffer.from(head('content-encoding: gzip, gzip', `content-length: ${bomb.length}`)),
            bomb,
          ]),
        );
      },
    ],
  ])('is cut off at the first byte over the limit when it %s', async (_, say) => {
    const { fetch, open, written } = await host(say);
    await expect(fetch(PATIENT)).rejects.toMatchObject(refused(/more than 1000000 bytes/));
    await expect.poll(open).toBe(0);
    expect(written()).toBeLessThan(20 * MB);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['ends before what it announced', (socket) => void socket.end(`${head('content-length: 1000')}xx`)],
    ['says two lengths', (socket) => void socket.end(`${head('content-length: 1', 'content-length: 2')}xx`)],
    [
      'sends a gzip that is none',
      (socket) => void socket.end(`${head('content-encoding: gzip', 'content-length: 2')}xx`),
    ],
    ['speaks something else', (socket) => void socket.end('220 mail.example ESMTP\r\n')],
    ['hangs up', (socket) => void socket.destroy()],
  ])('yields an error instead of a part when it %s', async (_, say) => {
    const { fetch } = await host(say);
    await expect(fetch(PATIENT)).rejects.toMatchObject(
      refused(/^The reference at https:\/\/host\.example could not be fetched: ./),
    );
  });
});

describe('a disguised private address', () => {
  test.each([
    ['a dot behind it', 'https://127.0.0.1./x'],
    ['a dot behind a number', 'https://2130706433./x'],
    ['a name of this machine with a dot', 'https://localhost./x'],
    ['wide digits', 'https://１２７.０.０.１/x'],
    ['a wide dot', 'https://127。0。0。1/x'],
    ['escaped digits', 'https://%31%32%37.0.0.1/x'],
    ['a public name as a user', 'https://host.example@127.0.0.1/x'],
    ['a public name and a backslash', 'https://127.0.0.1\\@host.example/x'],
    ['a tab in it', 'https://127.0\t.0.1/x'],
    ['IPv4 translated', 'https://[::ffff:0:127.0.0.1]/x'],
    ['NAT64 of one’s own', 'https://[64:ff9b:1::7f00:1]/x'],
    ['Teredo', 'https://[2001:0:7f00:1::]/x'],
    ['the metadata address in octal', 'https://0251.0376.0251.0376/x'],
    ['the metadata address in hexadecimal', 'https://0xa9fea9fe/x'],
    ['a port of its own', 'https://169.254.169.254:80/x'],
  ])('is refused with %s: %s', async (_, url) => {
    await expect(fetchPublic(url, PATIENT, never())).rejects.toMatchObject(
      refused(/not public|ENOTFOUND|EAI_AGAIN/),
    );
  });
});
