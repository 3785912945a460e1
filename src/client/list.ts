import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import pMap from 'p-map';
import {
  type BatchProgress,
  type BatchState,
  type ErrorCode,
  HummingbatchError,
  isEnd,
  toWorkflowId,
  WORKFLOW_TYPE,
} from '../contract/index.ts';
import { TOKEN_LABEL } from '../contract/labels.ts';
import { SEARCH_ATTRIBUTES as ours, SEARCH_ATTRIBUTE_TYPES } from '../contract/search-attributes.ts';
import { readStarts, type Start } from '../store/starts.ts';
import type { Store } from '../store/store.ts';
import { currentProgress } from './progress.ts';
import { registeredAttributes } from './registered-attributes.ts';
import { storedBatches, storedProgress } from './stored.ts';

/** Which batches; every filter that is set must match. */
export interface ListFilter {
  /** In one of these states. */
  states?: readonly BatchState[];
  /** Stopped for this. */
  reason?: ErrorCode;
  /** Google's id of the model. */
  model?: string;
  /** With all of these labels. */
  labels?: readonly string[];
  /** Started at this ISO time or later; a retry of an ended batch counts as a start. */
  since?: string;
  /** At most this many. Default 100. */
  limit?: number;
  /** The `next` of the page before. */
  after?: string;
}

export interface BatchPage {
  /** The newest first. */
  batches: BatchProgress[];
  /** Pass as `after` for the next page; absent on the last one. */
  next?: string;
}

const LIMIT = 100;
/** Thousands of running batches are listed in a second; a server that hangs is an error. */
const LISTED_WITHIN_MS = 10_000;
/** Files of the store, or batches of Temporal, read at once. */
const TOGETHER = 32;

/** What is known of a batch before it is read or queried itself. */
interface Entry {
  batchId: string;
  /** When it was started, ms since 1970. */
  at: number;
  /** Temporal says that it runs. */
  isRunning?: true;
  /** Enough for {@link isChosen}; absent where only the batch itself tells. */
  known?: Known;
  /** The `token:` labels, where `known` is absent. Absent: only the batch itself tells. */
  tokens?: readonly string[];
}

type Known = Pick<BatchProgress, 'state' | 'startedAt' | 'model' | 'labels'> & {
  reason?: string | undefined;
};

/**
 * The batches of a store, the newest first: running ones as their workflow answers, others as the store has them. Temporal's
 * list and names of files tell which there are; only those of the page are queried and read, besides those that a filter must read.
 *
 * @param ended what earlier calls learned of ended batches whose start no file tells; they are read once
 * @throws `usage` where `after` is not a batch of the store
 */
export async function listBatches(
  client: Client | undefined,
  store: Store,
  choice: ListFilter = {},
  ended = new Map<string, Entry>(),
): Promise<BatchPage> {
  const { limit = LIMIT, after, since } = choice;
  if (since !== undefined && Number.isNaN(Date.parse(since)))
    throw new HummingbatchError('usage', `"${since}" is not a valid time.`, {
      fix: 'Pass an ISO 8601 time.',
    });
  const entries = pageAfter(await readEntries(client, store, ended), after);
  const maybe = entries.filter((entry) => mayBeChosen(entry, choice));
  const batches: BatchProgress[] = [];
  while (maybe.length > 0 && batches.length <= limit) {
    const wanted = Math.min(TOGETHER, limit + 1 - batches.length);
    const asked = await pMap(maybe.splice(0, wanted), (entry) => readProgress(client, store, entry), {
      concurrency: TOGETHER,
    });
    // A batch may have changed since Temporal made its list.
    batches.push(...asked.flatMap((found) => (found && isChosen(toKnown(found), choice) ? [found] : [])));
  }
  if (batches.length <= limit) return { batches };
  const page = batches.slice(0, limit);
  return { batches: page, next: page.at(-1)?.batchId ?? '' };
}

async function readEntries(
  client: Client | undefined,
  store: Store,
  ended: Map<string, Entry>,
): Promise<Entry[]> {
  const running = client ? await runningBatches(client) : new Map<string, Entry>();
  const starts = await readStarts(store);
  const ids = await storedBatches(store);
  const find = (id: string) => running.get(id) ?? startedEntry(id, starts.get(id)) ?? ended.get(id);
  const found = ids.flatMap((id) => find(id) ?? []);
  const others = ids.filter((id) => !find(id));
  const read = await pMap(others, (id) => storedEntry(store, id, ended), { concurrency: TOGETHER });
  return [...found, ...read.filter((entry) => entry !== undefined)].toSorted(
    (a, b) => b.at - a.at || compare(a.batchId, b.batchId),
  );
}

/** A few pages of Temporal's list hold thousands, with the attributes to filter them by. */
async function runningBatches(client: Client): Promise<Map<string, Entry>> {
  const running = new Map<string, Entry>();
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
  await client.withDeadline(Date.now() + LISTED_WITHIN_MS, async () => {
    const isComplete = await knowsAll(client);
    for await (const execution of client.workflow.list({ query, pageSize: 1000 })) {
      const entry = runningEntry(execution, isComplete);
      running.set(entry.batchId, entry);
    }
  });
  return running;
}

/** Whether Temporal's list has every attribute that can be filtered by; a missing value of an unregistered one means nothing. */
async function knowsAll(client: Client): Promise<boolean> {
  try {
    const registered = await registeredAttributes(client.connection, client.options.namespace);
    return registered.length === Object.keys(SEARCH_ATTRIBUTE_TYPES).length;
  } catch {
    // Who may not read them asks the batches.
    return false;
  }
}

function runningEntry(
  { workflowId, startTime, typedSearchAttributes }: WorkflowExecutionInfo,
  isComplete: boolean,
): Entry {
  const startedAt = startTime.toISOString();
  const batchId = workflowId.replace(toWorkflowId(''), '');
  const entry = { batchId, at: startTime.getTime(), isRunning: true as const };
  const state = typedSearchAttributes.get(ours.BatchState) as BatchState | undefined;
  if (!state || !isComplete) return entry;
  const model = typedSearchAttributes.get(ours.GeminiModel);
  const labels = typedSearchAttributes.get(ours.BatchLabels);
  const reason = typedSearchAttributes.get(ours.StopReason);
  return {
    ...entry,
    known: { state, startedAt, reason, ...(model && { model }), ...(labels && { labels }) },
  };
}

function startedEntry(batchId: string, start: Start | undefined): Entry | undefined {
  return start && { batchId, ...start };
}

/** For a batch that no worker has prepared, or one of an older version. */
async function storedEntry(
  store: Store,
  batchId: string,
  ended: Map<string, Entry>,
): Promise<Entry | undefined> {
  const stored = await storedProgress(store, batchId);
  if (!stored) return undefined;
  const at = Date.parse(stored.startedAt);
  if (!isEnd(stored.state)) return { batchId, at };
  const entry = { batchId, at, known: toKnown(stored) };
  // It stays as it is: the next run would note its start.
  ended.set(batchId, entry);
  return entry;
}

/** Undefined for a folder that holds no batch. */
async function readProgress(
  client: Client | undefined,
  store: Store,
  { batchId, isRunning }: Entry,
): Promise<BatchProgress | undefined> {
  const stored = isRunning ? undefined : await storedProgress(store, batchId);
  if (!client || (stored && isEnd(stored.state))) return stored;
  // An open batch without a workflow was terminated, or its Temporal is another one: that is for Temporal to say.
  return isRunning || stored ? currentProgress(client, store, batchId) : undefined;
}

function toKnown({ stop, ...progress }: BatchProgress): Known {
  return { ...progress, reason: stop?.code };
}

/** Whether it can be excluded without reading it. */
function mayBeChosen({ known, tokens, at }: Entry, choice: ListFilter): boolean {
  if (known) return isChosen(known, choice);
  if (!tokens) return true;
  const labels = (choice.labels ?? []).filter((label) => label.startsWith(TOKEN_LABEL));
  return isRecent(at, choice) && labels.every((label) => tokens.includes(label));
}

function isRecent(at: number, { since }: ListFilter): boolean {
  return since === undefined || Date.parse(since) <= at;
}

function isChosen({ state, reason, model, labels = [], startedAt }: Known, choice: ListFilter): boolean {
  return (
    (!choice.states || choice.states.includes(state)) &&
    (!choice.reason || choice.reason === reason) &&
    (!choice.model || choice.model === model) &&
    isRecent(Date.parse(startedAt), choice) &&
    (choice.labels ?? []).every((label) => labels.includes(label))
  );
}

function pageAfter(entries: Entry[], after: string | undefined): Entry[] {
  if (after === undefined) return entries;
  const index = entries.findIndex(({ batchId }) => batchId === after);
  if (index >= 0) return entries.slice(index + 1);
  throw noSuchCursor(after);
}

/** That a page cannot begin behind something. */
export function noSuchCursor(after: string | undefined): HummingbatchError {
  return new HummingbatchError('usage', `There is no batch ${after} behind which a page could begin.`, {
    fix: 'Pass the `next` of the page before.',
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
