import type { FastifyRequest } from 'fastify';
import { createQuota, type QuotaSpec } from './quota.ts';

const MIB = 1024 * 1024;

/**
 * What callers may have at once. One token has at most half of it, so that no token stops the others. The requests of all
 * quotas are fewer than the connections, so a new connection always finds room.
 */
const QUOTAS = {
  requests: { total: 1500, perCaller: 750, what: 'The open requests', retryAfterMs: 5_000 },
  /** Requests without a valid token, where one is needed: `/docs`, events of Google, and what will be refused. */
  anonymous: { total: 200, perCaller: 100, what: 'The requests without a token', retryAfterMs: 5_000 },
  /** Among the requests. A stream is open for as long as its batch. */
  streams: { total: 1000, perCaller: 500, what: 'The streams of events', retryAfterMs: 30_000 },
  /** Bytes of bodies in memory. References are not: they go to the store as they arrive. */
  bodies: { total: 256 * MIB, perCaller: 128 * MIB, what: 'The bodies in memory', retryAfterMs: 5_000 },
  /** `/healthz` and `/readyz` answer while everything else is full. */
  health: { total: 100, perCaller: 100, what: 'The health checks', retryAfterMs: 1_000 },
} as const satisfies Record<string, QuotaSpec>;

export type Quotas = ReturnType<typeof createQuotas>;

export function createQuotas() {
  return {
    requests: createQuota(QUOTAS.requests),
    anonymous: createQuota(QUOTAS.anonymous),
    streams: createQuota(QUOTAS.streams),
    bodies: createQuota(QUOTAS.bodies),
    health: createQuota(QUOTAS.health),
  };
}

/** Whose request it is: a token's name, or without one the address. */
export function nameCaller({ caller, ip }: FastifyRequest): string {
  return caller?.name ?? ip;
}
