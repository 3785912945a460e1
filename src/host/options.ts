import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { WebhookSecrets } from '../webhooks/index.ts';

/** A Temporal server that runs. */
export interface TemporalOptions {
  /** `host:port` */
  address: string;
  /** Default `default`. */
  namespace?: string;
  /** TLS and API key, for client and worker alike. */
  connection?: Pick<NativeConnectionOptions, 'tls' | 'apiKey' | 'metadata'>;
}

/** The Gemini API and the key for it. */
export interface GeminiOptions {
  /** Google's key; not needed with `emulator`. A secret: it goes into the header of calls to Gemini and nowhere else. */
  apiKey?: string | undefined;
  /** An `http` or `https` URL without user and password in place of Google's: a proxy, or an emulator that runs elsewhere. */
  geminiUrl?: string | undefined;
  /**
   * Uses the store's emulator in place of Google: no key, no cost, images of one colour. It starts in this process unless
   * another process of the store has it. Give emulated batches a store of their own.
   */
  emulator?: boolean | undefined;
}

/** How a worker sends webhooks. */
export interface WebhookOptions {
  /** Names in a batch's `notify` with the secrets (`whsec_…`) that sign; several of one name all sign. */
  secrets?: WebhookSecrets;
  /** Hosts, `host` or `host:port`, that webhooks may go to although they are private or without TLS. */
  hosts?: readonly string[];
}

/** What a process with a worker is watched by. */
export interface WatchOptions {
  /** Default: none. */
  log?: Logger | undefined;
  /** `host:port` where Prometheus finds the metrics under `/metrics`. Default: nowhere. */
  metrics?: string | undefined;
}
