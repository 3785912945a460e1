import { createHash } from 'node:crypto';
import type { Store } from '../../src/store/store.ts';

/**
 * All that may differ between two runs of one manifest that both went well; everything else is the same to the byte.
 * What the model's thoughts came to differs from job to job, and so does what the batch cost.
 */
const DIFFERS: readonly (readonly [instead: string, what: RegExp])[] = [
  ['TIME', /\d{4}-\d\d-\d\dT[\d:.]+Z/g],
  ['JOB', /batches\/[a-z0-9]{36}/g],
  ['SUBMISSION', /(?<="submission": )\d+/g],
  ['TOKENS', /(?<="text":)\d+/g],
  ['USD', /(?<="(?:costUsd|actual|difference)": ?)-?[\d.]+/g],
  ['USD', /(?<=<dt>cost<\/dt><dd>)[\d.]+/g],
  // That an answer was lost is told, though nothing came of it.
  ['"anomalies": []', /"anomalies": \[(\s*"Submission \d+ of round \d+ was sent without an answer.*)+\s*\]/g],
  [
    '',
    /<details>.*<ul>(<li>Submission \d+ of round \d+ was sent without an answer[^<]*<\/li>)+<\/ul><\/details>/g,
  ],
];

/** What a batch leaves for people: its texts without what {@link DIFFERS}, its images as hashes. */
export async function readTree(store: Store, batchId: string): Promise<Record<string, string>> {
  const home = `batches/${batchId}/`;
  const keys = (await store.list(home)).filter((key) => !key.startsWith(`${home}work/`));
  const entries = keys.map(async (key) => {
    const bytes = Buffer.from((await store.get(key)) ?? []);
    const name = key.slice(home.length);
    return [name, name.startsWith('images/') ? hashBytes(bytes) : sameText(bytes, batchId)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function sameText(bytes: Buffer, batchId: string): string {
  const text = bytes.toString().replaceAll(batchId, 'ID');
  return DIFFERS.reduce((same, [instead, what]) => same.replace(what, instead), text);
}

function hashBytes(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
