import sharp from 'sharp';
import { groupBy } from '../../../src/batch/group.ts';
import type { OutputRecord } from '../../../src/contract/index.ts';
import type { JobEntry, Ledger } from '../../../src/emulator/index.ts';
import { isRunning } from '../../../src/local/process.ts';
import { readRecord } from '../../../src/local/record.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Ended } from '../desk.ts';
import { readTree } from '../tree.ts';

/** What a trial left behind. */
export interface Remains {
  store: Store;
  ended: Ended;
  ledger: Ledger;
}

interface Verdict {
  batchId: string;
  tree: Record<string, string>;
  problems: string[];
}

/** `COMPLETED_WITH_FAILURES`: one output is refused for good. */
const EXPECTED_CODE = 3;
const TRACE = /^\s+at .*$/m;

/** Holds what is left against what was promised, and names each promise that was broken. */
export async function judge(remains: Remains, undisturbed?: Record<string, string>): Promise<Verdict> {
  const { store, ended, ledger } = remains;
  const [batchId = ''] = await store.folders('batches/');
  const tree = await readTree(store, batchId);
  const records = await readRecords(store, batchId);
  const problems = [
    ...endProblems(ended),
    ...(undisturbed ? treeProblems(tree, undisturbed) : []),
    ...jobProblems(ledger, records),
    ...(await imageProblems(store, batchId, tree, records)),
    ...(await serverProblems(store, ended)),
  ];
  return { batchId, tree, problems };
}

function endProblems({ code, stderr }: Ended): string[] {
  return [
    ...(code === EXPECTED_CODE ? [] : [`run ended with ${code}: ${stderr.slice(-2_000)}`]),
    ...(TRACE.test(stderr) ? [`run showed a stack trace: ${stderr.slice(-2_000)}`] : []),
  ];
}

function treeProblems(tree: Record<string, string>, undisturbed: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(tree), ...Object.keys(undisturbed)])];
  return names
    .filter((name) => tree[name] !== undisturbed[name])
    .map((name) => `${name} is another: ${firstDifference(tree[name], undisturbed[name])}`);
}

function firstDifference(here = 'missing', there = 'missing'): string {
  const at = [...here].findIndex((letter, index) => letter !== there[index]);
  const from = Math.max(0, at - 40);
  return `${JSON.stringify(here.slice(from, at + 120))} in place of ${JSON.stringify(there.slice(from, at + 120))}`;
}

function jobProblems({ jobs, imagesBilled }: Ledger, records: OutputRecord[]): string[] {
  const rounds = groupBy(jobs, parseRound);
  const twice = [...rounds].filter(
    ([, ofRound]) => ofRound.filter(({ cancelled }) => !cancelled).length !== 1,
  );
  const images = records.filter(({ outcome }) => outcome === 'image').length;
  return [
    ...twice.map(([round, ofRound]) => `${round} has ${ofRound.length} jobs`),
    ...(rounds.size === 2 ? [] : [`there were ${rounds.size} rounds`]),
    ...(imagesBilled === images ? [] : [`${imagesBilled} images were billed, ${images} are there`]),
  ];
}

/** `hb/<batch>/<nonce>/r<round>` without the submission. */
function parseRound({ displayName = '' }: JobEntry): string {
  return displayName.replace(/\.\d+$/, '');
}

/** Every file under `images/` is one that a record names, and decodes. */
async function imageProblems(
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
  return [...strays.map((name) => `${name} is not what a record names`), ...broken.flat()];
}

async function findBroken(store: Store, batchId: string, name: string): Promise<string[]> {
  try {
    await sharp(await store.get(`batches/${batchId}/${name}`), { failOn: 'warning' }).stats();
    return [];
  } catch (error) {
    return [`${name} does not decode: ${String(error)}`];
  }
}

/** Whoever used the server last ends it. One whose user was killed stays where the next call found all in the store. */
async function serverProblems(store: Store, { stderr }: Ended): Promise<string[]> {
  const server = await readRecord(`${store.location}/.temporal`);
  return server && isRunning(server) && stderr.includes('In detail:')
    ? ['the Temporal server still runs']
    : [];
}

async function readRecords(store: Store, batchId: string): Promise<OutputRecord[]> {
  const bytes = await store.get(`batches/${batchId}/results.jsonl`);
  const lines = Buffer.from(bytes ?? [])
    .toString()
    .split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as OutputRecord);
}
