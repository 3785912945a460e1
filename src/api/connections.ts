import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Each connection takes about 50 kB. Beyond `max` a new one closes the one that has had no request for the longest time, so
 * that connections that send nothing do not keep a health check out. Open requests are bounded by a quota below `max`.
 */
export function limitConnections(app: FastifyInstance, max: number): void {
  let open = 0;
  /** Without a request, the oldest first. */
  const idle = new Set<Socket>();

  app.server.on('connection', (socket: Socket) => {
    open += 1;
    idle.add(socket);
    socket.once('close', () => {
      open -= 1;
      idle.delete(socket);
    });
    if (open > max) for (const oldest of [...idle].slice(0, 1)) oldest.destroy();
  });
  app.addHook('onRequest', async ({ raw: { socket } }, reply) => {
    idle.delete(socket);
    reply.raw.once('close', () => void (socket.destroyed || idle.add(socket)));
  });
}
