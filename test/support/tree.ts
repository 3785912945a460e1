import { createHash } from 'node:crypto';
import type { OutputRecord, Report } from '../../src/contract/index.ts';
import type { Store } from '../../src/store/store.ts';

/**
 * What a batch leaves for people, file by file, without what differs from run to run though all went the same: times,
 * names of jobs, the batch's id, and what the model's thoughts came to (they differ from job to job, and so does the cost).
 */
export async function treeOf(store: Store, batchId: string): Promise<Record<string, unknown>> {
  const home = `batches/${batchId}/`;
  const keys = (await store.list(home)).filter((key) => !key.startsWith(`${home}work/`));
  const entries = keys.map(async (key) => {
    const bytes = Buffer.from((await store.get(key)) ?? []);
    const name = key.slice(home.length);
    return [name, READ[name]?.(bytes.toString().replaceAll(batchId, 'ID')) ?? hashOf(bytes)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const READ: Record<string, (text: string) => unknown> = {
  'results.jsonl': (text) => text.trimEnd().split('\n').map(sameRecord),
  'report.json': sameReport,
  'failed.json': (text) => text,
  'report.html': (text) =>
    text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/[\d.]+ USD/g, 'USD')
      .replace(/<details>.*<\/details>/, ''),
};

function sameRecord(line: string): OutputRecord {
  const record = JSON.parse(line) as OutputRecord;
  return { ...record, job: '', costUsd: 0, ...(record.usage && { usage: { ...record.usage, text: 0 } }) };
}

function sameReport(text: string): unknown {
  const { name, model, state, outputs, flags, byRatio, jobs, rounds } = JSON.parse(text) as Report;
  return {
    ...{ name, model, state, outputs, flags, byRatio },
    jobs: jobs.map((job) => ({ round: job.round, state: job.state })),
    rounds: rounds.map((round) => ({ round: round.round, outputs: round.outputs })),
  };
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
