import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { groupBy } from '../../../src/batch/group.ts';
import type { OutputRecord } from '../../../src/contract/index.ts';
import type { JobEntry, Ledger } from '../../../src/emulator/index.ts';
import { isRunning } from '../../../src/local/process.ts';
import { readRecord } from '../../../src/local/record.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Ended } from '../run-here.ts';
import { readBatchTree } from '../tree.ts';

/** The results of a trial. */
export interface TrialResults {
  store: Store;
  ended: Ended;
  ledger: Ledger;
}

interface Verdict {
  batchId: string;
  tree: Record<string, string>;
  problems: string[];
}

/** `COMPLETED_WITH_FAILURES`, because one output is always refused. */
const EXPECTED_CODE = 3;
/** It is ended after 5 s even if it ignores SIGTERM. */
const SERVER_ENDS_WITHIN_MS = 15_000;
const TRACE = /^\s+at .*$/m;

/** Compares the results with what hummingbatch promises, and lists each broken promise. */
export async function checkResults(
  results: TrialResults,
  baseline?: Record<string, string>,
): Promise<Verdict> {
  const { store, ended, ledger } = results;
  const [batchId = ''] = await store.folders('batches/');
  const tree = await readBatchTree(store, batchId);
  const records = await readRecords(store, batchId);
  const problems = [
    ...checkEnd(ended),
    ...(baseline ? checkTree(tree, baseline) : []),
    ...checkJobs(ledger, records),
    ...(await checkImages(store, batchId, tree, records)),
    ...(await checkServer(store)),
  ];
  return { batchId, tree, problems };
}

function checkEnd({ code, stderr }: Ended): string[] {
  return [
    ...(code === EXPECTED_CODE ? [] : [`run ended with ${code}: ${stderr.slice(-2_000)}`]),
    ...(TRACE.test(stderr) ? [`run showed a stack trace: ${stderr.slice(-2_000)}`] : []),
  ];
}

function checkTree(tree: Record<string, string>, baseline: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(tree), ...Object.keys(baseline)])];
  return names
    .filter((name) => tree[name] !== baseline[name])
    .map((name) => `${name} differs: ${firstDifference(tree[name], baseline[name])}`);
}

function firstDifference(actual = 'missing', expected = 'missing'): string {
  const at = [...actual].findIndex((letter, index) => letter !== expected[index]);
  const from = Math.max(0, at - 40);
  return `${JSON.stringify(actual.slice(from, at + 120))} instead of ${JSON.stringify(expected.slice(from, at + 120))}`;
}

function checkJobs({ jobs, imagesBilled }: Ledger, records: OutputRecord[]): string[] {
  const rounds = groupBy(jobs, parseRound);
  const twice = [...rounds].filter(
    ([, ofRound]) => ofRound.filter(({ cancelled }) => !cancelled).length !== 1,
  );
  const images = records.filter(({ outcome }) => outcome === 'image').length;
  return [
    ...twice.map(([round, ofRound]) => `${round} has ${ofRound.length} jobs`),
    ...(rounds.size === 2 ? [] : [`there were ${rounds.size} rounds`]),
    ...(imagesBilled === images ? [] : [`${imagesBilled} images were billed, but there are ${images}`]),
  ];
}

/** The display name without the submission: `hb/<batch>/<nonce>/r<round>`. */
function parseRound({ displayName = '' }: JobEntry): string {
  return displayName.replace(/\.\d+$/, '');
}

/** Every file in `images/` is named by a record and can be decoded. */
async function checkImages(
  store: Store,
  batchId: string,
  tree: Record<string, string>,
  records: OutputRecord[],
): Promise<string[]> {
  const named = new Map(records.flatMap(({ file, sha256 }) => (file ? [[file, sha256]] : [])));
  const found = Object.keys(tree).filter((name) => name.startsWith('images/'));
  const strays = found.filter((name) => named.get(name) !== tree[name]);
  const contents = new Map(found.map((name) => [tree[name], name]));
  const broken = await Promise.all([...contents.values()].map((name) => findBroken(store, batchId, name)));
  return [...strays.map((name) => `no record names ${name} with this content`), ...broken.flat()];
}

async function findBroken(store: Store, batchId: string, name: string): Promise<string[]> {
  try {
    await sharp(await store.get(`batches/${batchId}/${name}`), { failOn: 'warning' }).stats();
    return [];
  } catch (error) {
    return [`${name} does not decode: ${String(error)}`];
  }
}

/** It ends with its last user, also with one that was killed. */
async function checkServer(store: Store): Promise<string[]> {
  const server = await readRecord(`${store.location}/.temporal`);
  if (!server) return [];
  for (const since = Date.now(); isRunning(server); await pause(100)) {
    if (Date.now() - since > SERVER_ENDS_WITHIN_MS) return ['the Temporal server still runs'];
  }
  return [];
}

async function readRecords(store: Store, batchId: string): Promise<OutputRecord[]> {
  const bytes = await store.get(`batches/${batchId}/results.jsonl`);
  const lines = Buffer.from(bytes ?? [])
    .toString()
    .split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as OutputRecord);
}
