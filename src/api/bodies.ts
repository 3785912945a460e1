import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { atEnd } from './at-end.ts';
import { MAX_TEXT_PARTS_BYTES } from './limits.ts';
import { nameCaller, type Quotas } from './quotas.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined if the request has no body. */
    incoming: Incoming | undefined;
  }
}

/** A body while it arrives. */
export interface Incoming {
  /** Counts bytes that stay in memory until the request ends. @throws `rate-limited`, `busy` */
  keep: (bytes: number) => void;
  /** Aborts with `timed-out` if the body stalls. */
  stalled: AbortSignal;
}

/** Less than this in each of three periods is a stall: 6.5 kB/s, the speed of a modem of 1998. */
const MIN_BYTES = 32_000;
const PERIOD_MS = 5_000;
const MAX_SLOW_PERIODS = 3;

/**
 * Bounds the bytes of bodies in memory, before they are read where their length is announced: 50 bodies of 31 MiB without
 * their last byte took 1.5 GB. A body that stalls is refused, and gives its bytes back.
 */
export function limitBodies(app: FastifyInstance, { bodies }: Quotas): void {
  app.decorateRequest('incoming');
  app.addHook('preParsing', async (request, reply, payload) => {
    const bytes = readLength(request);
    // Fastify reads no body of a GET, and refuses one above the limit of its route.
    const isRefused = !isForm(request) && Number(bytes) > request.routeOptions.bodyLimit;
    if (request.method !== 'POST' || bytes === 0 || isRefused) return payload;
    const lease = bodies.open(nameCaller(request));
    atEnd(reply, lease.release);
    const incoming = { keep: lease.add, stalled: watchRate(request.raw, reply) };
    request.incoming = incoming;
    if (isForm(request)) {
      // Its files are counted by those who keep them.
      lease.add(Math.min(bytes ?? Infinity, MAX_TEXT_PARTS_BYTES));
      return payload;
    }
    lease.add(bytes ?? 0);
    return meter(payload, incoming, bytes === undefined);
  });
}

/** Bytes; undefined for a body of unknown length. Node has refused a length that is no number. */
function readLength({ headers }: FastifyRequest): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  return Number(headers['content-length'] ?? 0);
}

function isForm({ headers }: FastifyRequest): boolean {
  return /^multipart\//i.test(headers['content-type'] ?? '');
}

function watchRate(raw: IncomingMessage, reply: FastifyReply): AbortSignal {
  const ended = new AbortController();
  let before = raw.socket.bytesRead;
  let slowPeriods = 0;
  const timer = setInterval(() => {
    const { bytesRead } = raw.socket;
    // While we have paused it, it is our delay and not the sender's.
    const isSlow = raw.readableFlowing === true && bytesRead - before < MIN_BYTES;
    before = bytesRead;
    slowPeriods = isSlow ? slowPeriods + 1 : 0;
    if (raw.complete || slowPeriods === MAX_SLOW_PERIODS) clearInterval(timer);
    if (!raw.complete && slowPeriods === MAX_SLOW_PERIODS)
      ended.abort(new HummingbatchError('timed-out', 'The body of the request arrived too slowly.'));
  }, PERIOD_MS).unref();
  atEnd(reply, () => clearInterval(timer));
  return ended.signal;
}

/** Passes a body on, and ends it with an error if it stalls or, where its length is unknown, exceeds a quota. */
function meter(payload: Readable, { keep, stalled }: Incoming, isCounted: boolean): Readable {
  const passed = new Transform({
    transform(chunk: Buffer, _, done) {
      try {
        if (isCounted) keep(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  // Whoever reads it listens, too, but not after it was refused: then an error would end this process.
  passed.on('error', () => undefined);
  payload.once('error', (error) => passed.destroy(error));
  stalled.addEventListener('abort', () => passed.destroy(stalled.reason), { once: true });
  return payload.pipe(passed);
}
