import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { mergeSavedOptions } from '../../../src/activities/batch-files.ts';
import { createApi } from '../../../src/api/index.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { createHummingbatch, type Hummingbatch } from '../../../src/client/index.ts';
import { durationMs, HummingbatchError, toWorkflowId } from '../../../src/contract/index.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import { parseManifest } from '../../../src/manifest/index.ts';
import { toJson } from '../../../src/store/json.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { readInput, readScheduledInput } from '../../../src/workflows/read.ts';

/* Every way by which an option reaches a batch, called in this process. */

export interface Refusal {
  code: string;
  message: string;
}

/**
 * Gives an option to an entrance. It answers with its refusal, or with nothing where it accepts the value. A manifest answers
 * with all of its problems. Undefined: the entrance cannot express the value.
 */
export type Entrance = (option: string, value: unknown) => Promise<Refusal[]> | undefined;

const MANIFEST = { name: 'options', model: 'nano-banana-pro', items: [{ key: 'a', prompt: 'A bottle' }] };
const SHA256 = '0'.repeat(64);
const BATCH = 'options-test';

const NUMBERS = ['maxCostUsd', 'approveAboveUsd', 'maxRounds'];
/** Options that a manifest and the flags have. */
const RUN = [...NUMBERS, 'labels', 'deadline', 'onUnknownSubmit', 'notify'];

async function catchRefusal(act: () => unknown): Promise<Refusal[]> {
  try {
    await act();
    return [];
  } catch (error) {
    if (error instanceof HummingbatchError) return [{ code: error.code, message: error.message }];
    const { type, message } = error as { type?: string; message: string };
    if (type !== undefined) return [{ code: type, message }];
    throw error;
  }
}

/** A `deadline` as the option of the workflow: its milliseconds, or a text where it is no duration. */
function asOptions(option: string, value: unknown): Record<string, unknown> {
  if (option !== 'deadline') return { [option]: value };
  if (typeof value === 'number') return { deadlineMs: String(value) };
  return { deadlineMs: (typeof value === 'string' && durationMs(value)) || value };
}

const toRefusals = (problems: readonly Refusal[]) => problems.map(({ code, message }) => ({ code, message }));

const inManifest: Entrance = (option, value) =>
  RUN.includes(option)
    ? Promise.resolve(toRefusals(readProblems(JSON.stringify({ ...MANIFEST, run: { [option]: value } }))))
    : undefined;

function readProblems(content: string) {
  const parsed = parseManifest(content, { file: 'manifest.json', format: 'json' });
  return parsed.ok ? [] : parsed.problems;
}

/** Thrown in place of running a verb: its flags were accepted. */
class Accepted extends Error {}

const asFlag: Entrance = (option, value) => {
  const name = option === 'labels' ? 'label' : option;
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const words = toWords(option, value);
  if (words === undefined) return undefined;
  return catchRefusal(async () => {
    try {
      await runProgram(['submit', 'manifest.yaml', ...words.map((word) => `${flag}=${word}`)], {
        version: '0.0.0',
        stdout: process.stdout,
        stderr: process.stderr,
        buildCall: () => {
          throw new Accepted();
        },
      });
    } catch (error) {
      if (!(error instanceof Accepted)) throw error;
    }
  });
};

/** A value as words of a command line, where they mean the same value there. */
function toWords(option: string, value: unknown): string[] | undefined {
  if (!RUN.includes(option) || option === 'notify') return undefined;
  if (option === 'labels')
    return Array.isArray(value) && value.length > 0 && value.every((label) => typeof label === 'string')
      ? value
      : undefined;
  if (NUMBERS.includes(option))
    return typeof value === 'number' ? [String(value)] : isNoNumber(value) ? [value] : undefined;
  return typeof value === 'string' ? [value] : undefined;
}

function isNoNumber(value: unknown): value is string {
  return typeof value === 'string' && !Number.isFinite(Number(value));
}

const asPlainStart: Entrance = (option, value) =>
  catchRefusal(() =>
    readInput(asJson({ batchId: BATCH, options: asOptions(option, value) }), toWorkflowId(BATCH)),
  );

const asPlainSchedule: Entrance = (option, value) =>
  catchRefusal(() =>
    readScheduledInput(
      asJson({
        schedule: 'daily',
        manifest: { uri: 'schedules/daily/x.json', sha256: SHA256 },
        options: asOptions(option, value),
      }),
    ),
  );

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** All entrances, over a store and a Temporal that takes every start. */
export async function openEntrances(folder: string) {
  const store = await openStore(folder);
  const hummingbatch = createHummingbatch({ store, client: fakeTemporal() });
  const app = await createApi({
    hummingbatch,
    store,
    tokens: [],
    geminiSecrets: [],
    now: Date.now,
    log: pino({ level: 'silent' }),
    version: '0.0.0',
    requestsPerMinute: 1_000_000,
    ready: async () => undefined,
  });
  const entrances = {
    manifest: inManifest,
    flag: asFlag,
    'HTTP body': overHttp(app),
    'client startBatch': asClientOption(hummingbatch),
    'client schedules.create': asScheduleOption(hummingbatch),
    'plain start of imageBatch': asPlainStart,
    'plain start of scheduledBatch': asPlainSchedule,
    'retry by the client': asStoredOption(hummingbatch, store),
    'retry by a plain start': asStoredOptionOfWorker(store),
  } satisfies Record<string, Entrance>;
  return { entrances, app, hummingbatch, close: () => app.close() };
}

function overHttp(app: FastifyInstance): Entrance {
  return (option, value) =>
    RUN.includes(option)
      ? (async () => {
          const answer = await app.inject({
            method: 'POST',
            url: '/v1/validate',
            headers: { 'content-type': 'application/json' },
            payload: JSON.stringify({ ...MANIFEST, run: { [option]: value } }),
          });
          return toRefusals(answer.json<{ problems: { code: string; message: string }[] }>().problems);
        })()
      : undefined;
}

function asClientOption(hummingbatch: Hummingbatch): Entrance {
  return (option, value) =>
    catchRefusal(() => hummingbatch.startBatch({ manifest: MANIFEST, options: asOptions(option, value) }));
}

function asScheduleOption(hummingbatch: Hummingbatch): Entrance {
  return (option, value) =>
    catchRefusal(() =>
      hummingbatch.schedules.create({
        manifest: MANIFEST,
        cron: '0 6 * * *',
        options: asOptions(option, value),
      }),
    );
}

/** A batch with a stored option of an earlier run. */
async function putStoredOption(store: Store, option: string, value: unknown): Promise<string> {
  const places = batchPlaces(BATCH);
  const parsed = parseManifest(JSON.stringify(MANIFEST), { file: 'manifest.json', format: 'json' });
  if (!parsed.ok) throw new Error('the manifest is valid');
  await store.put(places.manifest, toJson(parsed.manifest));
  await store.put(places.options, toJson(asOptions(option, value)));
  return BATCH;
}

function asStoredOption(hummingbatch: Hummingbatch, store: Store): Entrance {
  return (option, value) =>
    RUN.includes(option)
      ? catchRefusal(async () => hummingbatch.batch(await putStoredOption(store, option, value)).retry())
      : undefined;
}

function asStoredOptionOfWorker(store: Store): Entrance {
  return (option, value) =>
    RUN.includes(option)
      ? catchRefusal(async () => {
          const batchId = await putStoredOption(store, option, value);
          const parsed = parseManifest(JSON.stringify(MANIFEST), { file: 'manifest.json', format: 'json' });
          if (parsed.ok) await mergeSavedOptions(store, parsed.manifest, { batchId });
        })
      : undefined;
}

/** Takes every start, and knows of no workflow before it. */
function fakeTemporal(): Client {
  const schedule = {
    memo: {},
    spec: {},
    info: {
      recentActions: [],
      nextActionTimes: [],
      numActionsTaken: 0,
      numActionsMissedCatchupWindow: 0,
      numActionsSkippedOverlap: 0,
      createdAt: new Date(0),
    },
    state: { paused: false },
  };
  const client = {
    withDeadline: (_: unknown, work: () => unknown) => work(),
    workflow: {
      start: async () => undefined,
      getHandle: (id: string) => ({
        describe: async () => {
          throw new WorkflowNotFoundError('there is none', id, undefined);
        },
      }),
    },
    schedule: {
      create: async ({ memo }: { memo: object }) => void Object.assign(schedule, { memo }),
      getHandle: () => ({ describe: async () => schedule }),
    },
  };
  return client as unknown as Client;
}
