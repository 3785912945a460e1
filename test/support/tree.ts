import { createHash } from 'node:crypto';
import type { OutputRecord, Report } from '../../src/contract/index.ts';
import type { Store } from '../../src/store/store.ts';

/**
 * What a batch leaves for people, file by file, without what differs from run to run though all went the same: times,
 * names of jobs, and the id where two batches are compared.
 */
export async function treeOf(store: Store, batchId: string): Promise<Record<string, unknown>> {
  const home = `batches/${batchId}/`;
  const keys = (await store.list(home)).filter((key) => !key.startsWith(`${home}work/`));
  const entries = keys.map(async (key) => {
    const bytes = (await store.get(key)) ?? new Uint8Array();
    const name = key.slice(home.length);
    return [name, (READ[name] ?? hashOf)(Buffer.from(bytes), batchId)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const READ: Record<string, (bytes: Buffer, batchId: string) => unknown> = {
  'results.jsonl': (bytes) =>
    bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => ({ ...(JSON.parse(line) as OutputRecord), job: '' })),
  'report.json': (bytes) => {
    const { jobs, ...report } = JSON.parse(bytes.toString()) as Report;
    const same = jobs.map(({ round, state }) => ({ round, state }));
    return { ...report, batchId: '', startedAt: '', endedAt: '', anomalies: [], jobs: same };
  },
  'failed.json': (bytes, batchId) => bytes.toString().replaceAll(batchId, 'ID'),
  'report.html': (bytes, batchId) =>
    bytes
      .toString()
      .replaceAll(batchId, 'ID')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T')
      .replace(/<details>.*<\/details>/, ''),
};

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
