import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure, type UpdateDefinition } from '@temporalio/common';
import proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import pino from 'pino';
import type { Activities } from '../../../src/activities/index.ts';
import {
  type BatchProgress,
  type BatchResult,
  type ImageBatchInput,
  isEnd,
  progressQuery,
  SCHEDULED_WORKFLOW_TYPE,
  toFiringBatchId,
  toWorkflowId,
  WORKFLOW_TYPE,
} from '../../../src/contract/index.ts';
import { toTransferQueue } from '../../../src/contract/queues.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../../src/contract/search-attributes.ts';
import { disableContext } from '../../../src/worker/close-connection.ts';
import { installRuntime } from '../../../src/worker/runtime.ts';
import { timeSkippingServerPath, withEndingProgram } from '../../support/servers.ts';
import type { Event } from './events.ts';
import { createScriptedGoogle, type Script, type ScriptedGoogle } from './scripted-google.ts';

export const BUNDLE = fileURLToPath(new URL('../../../dist/workflow-bundle.js', import.meta.url));
export const TASK_QUEUE = 'workflow-tests';
const MINUTE = 60_000;
/** Temporal's numbers of the types. */
const VALUE_TYPES = { Keyword: 2, Int: 3, KeywordList: 7 } as const;

// Once for each process: each test file has its own.
installRuntime(pino({ level: process.env['TEST_LOG'] ?? 'silent' }, pino.destination(2)));

const ACTIVITY_NAMES: Record<keyof Activities, true> = {
  prepare: true,
  stageRound: true,
  findJob: true,
  createJob: true,
  checkJob: true,
  collectRound: true,
  report: true,
  cancelJob: true,
  cleanUp: true,
  putScheduled: true,
  saveProgress: true,
  notify: true,
};

/**
 * A server that skips the time in which nothing happens, and workers whose steps follow scripts. All batches share its time, so the
 * tests of a file run one after another.
 */
export async function createSkippedTime(identity = 'test') {
  const environment = await startServer(identity);
  const scripted = new Map<string, ScriptedGoogle>();
  /** Scripts of schedules, by name: the batch id is known only at the firing. */
  const scheduled = new Map<string, Script>();
  const workers = await startWorkers(environment, dispatch(googleFor), identity);
  let batches = 0;

  function googleFor(batchId: string): ScriptedGoogle {
    const known = scripted.get(batchId);
    const script = scheduled.get(batchId.replace(/-\d{8}-\d{6}$/, ''));
    if (known) return known;
    if (!script) throw new Error(`There is no script for ${batchId}.`);
    const google = createScriptedGoogle(batchId, script, () => environment.currentTimeMs());
    scripted.set(batchId, google);
    return google;
  }

  return {
    /** Starts a batch whose steps follow the script. It can be cancelled during the first call of a step. */
    async start(script: Script = {}, input: Partial<ImageBatchInput> = {}, cancelDuring?: CancelDuring) {
      const batchId = input.batchId ?? `batch-${++batches}`;
      const google = createScriptedGoogle(batchId, script, () => environment.currentTimeMs());
      scripted.set(batchId, google);
      const { workflow } = environment.client;
      if (cancelDuring)
        google.during(cancelDuring.step, () =>
          cancelMeanwhile(workflow.getHandle(toWorkflowId(batchId)), cancelDuring),
        );
      const handle = await workflow.start(WORKFLOW_TYPE, {
        workflowId: toWorkflowId(batchId),
        taskQueue: TASK_QUEUE,
        args: [
          {
            batchId,
            manifest: { uri: `batches/${batchId}/manifest.json`, sha256: '0'.repeat(64) },
            ...input,
          },
          ...(script.continueAfterEvents ? [{ continueAfterEvents: script.continueAfterEvents }] : []),
        ],
      });
      const progress = () => handle.query(progressQuery);
      const events = async (): Promise<Event[]> => (await handle.fetchHistory()).events ?? [];

      return {
        batchId,
        google,
        handle,
        progress,
        events,
        /** Waits for the end of the batch. */
        result: () => handle.result() as Promise<BatchResult>,
        update: <Args extends [unknown?]>(definition: UpdateDefinition<BatchProgress, Args>, ...args: Args) =>
          handle.executeUpdate<BatchProgress, [unknown]>(definition.name, {
            args: args as unknown as [unknown],
          }),
        /** Waits for the end of the batch, which must be a cancellation. */
        async endsCancelled(): Promise<void> {
          const error: unknown = await handle.result().catch((error) => error);
          if (!(error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure))
            throw new Error(`${batchId} did not end as cancelled.`, { cause: error });
        },
        /** Skips time in steps until the progress matches; with steps of 0 no time is skipped. */
        async until(matches: (progress: BatchProgress) => boolean, stepMs = MINUTE): Promise<BatchProgress> {
          for (;;) {
            const current = await progress();
            if (matches(current)) return current;
            if (isEnd(current.state)) throw new Error(`${batchId} ended as ${current.state}.`);
            if (stepMs > 0) await environment.sleep(stepMs);
            else await pause(20);
          }
        },
        /** The histories of all its runs, the first one first. */
        async runs(): Promise<Event[][]> {
          const runs: Event[][] = [];
          let runId: string | null | undefined = handle.firstExecutionRunId;
          while (runId) {
            const run: WorkflowHandle = workflow.getHandle(toWorkflowId(batchId), runId);
            const history = await run.fetchHistory();
            runs.push(history.events ?? []);
            runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
          }
          return runs;
        },
        /** The size of the history, as the server stores it. */
        async bytes(): Promise<number> {
          return proto.temporal.api.history.v1.History.encode(await handle.fetchHistory()).finish().length;
        },
      };
    },
    /** Starts a firing of a schedule, named for the time of its start. The steps of its batch follow the script. */
    async fire(schedule: string, script: Script) {
      scheduled.set(schedule, script);
      const manifest = { uri: `schedules/${schedule}/manifest.json`, sha256: '0'.repeat(64) };
      const handle = await this.startFiring({ schedule, manifest });
      const { startTime } = await handle.describe();
      const batchId = toFiringBatchId(schedule, startTime);
      return { handle, batchId, google: googleFor(batchId) };
    },
    startFiring: (input: object) =>
      environment.client.workflow.start(SCHEDULED_WORKFLOW_TYPE, {
        workflowId: `firing-${++batches}`,
        taskQueue: TASK_QUEUE,
        args: [input],
      }),
    /** Starts the workflow of a batch under another workflow id. */
    startAs: (workflowId: string, batchId: string) =>
      environment.client.workflow.start(WORKFLOW_TYPE, {
        workflowId,
        taskQueue: TASK_QUEUE,
        args: [{ batchId }],
      }),
    /** The handle of any workflow. */
    handle: (workflowId: string) => environment.client.workflow.getHandle(workflowId),
    now: () => environment.currentTimeMs(),
    sleep: (ms: number) => environment.sleep(ms),

    async close(): Promise<void> {
      await workers.stop();
      await environment.teardown();
      disableContext(environment.nativeConnection);
    },
  };
}

export type SkippedTime = Awaited<ReturnType<typeof createSkippedTime>>;
export type ScriptedBatch = Awaited<ReturnType<SkippedTime['start']>>;

/** Starts Temporal's test server with our search attributes. */
export async function startServer(identity = 'test'): Promise<TestWorkflowEnvironment> {
  const environment = await withEndingProgram(await timeSkippingServerPath(), (path) =>
    TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
      client: { identity },
    }),
  );
  const searchAttributes = Object.entries(SEARCH_ATTRIBUTE_TYPES).map(([name, type]) => [
    name,
    VALUE_TYPES[type],
  ]);
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(searchAttributes),
  });
  return environment;
}

/** Starts workers of both queues. */
export async function startWorkers(
  { nativeConnection, namespace }: TestWorkflowEnvironment,
  activities: object,
  identity = 'test',
): Promise<{ stop(): Promise<void> }> {
  const common = { connection: nativeConnection, ...(namespace && { namespace }), activities, identity };
  const workers = [
    await Worker.create({ ...common, taskQueue: TASK_QUEUE, workflowBundle: { codePath: BUNDLE } }),
    await Worker.create({ ...common, taskQueue: toTransferQueue(TASK_QUEUE) }),
  ];
  const stopped = workers.map((worker) => worker.run());
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(stopped);
    },
  };
}

/** A step during whose first call a batch is cancelled. `shielded`: the step does not see it. */
interface CancelDuring {
  step: keyof Activities;
  shielded?: true;
}

/** Cancels the batch and fails like a step that sees it, unless it is shielded. */
async function cancelMeanwhile(handle: WorkflowHandle, { shielded }: CancelDuring): Promise<void> {
  await handle.cancel();
  if (shielded) return;
  const { cancelled, heartbeat } = Context.current();
  // The answer to a heartbeat carries the cancellation, and only the first heartbeat is sent at once.
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => event.activityTaskCancelRequestedEventAttributes)) break;
    await pause(20);
  }
  heartbeat();
  await cancelled;
}

/** Sends each call to the script of its batch. */
function dispatch(
  googleFor: (batchId: string) => ScriptedGoogle,
): Record<string, (input: never) => Promise<unknown>> {
  return Object.fromEntries(
    Object.keys(ACTIVITY_NAMES).map((name) => [
      name,
      (input: { batchId: string }) =>
        googleFor(input.batchId).activities[name as keyof Activities](input as never),
    ]),
  );
}
