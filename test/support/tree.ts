import { createHash } from 'node:crypto';
import type { Store } from '../../src/store/store.ts';

/**
 * The parts that may differ between two successful runs of one manifest; everything else is identical byte by byte. The
 * number of thought tokens differs from job to job, and with it the cost.
 */
const VARIABLE_PARTS: readonly (readonly [instead: string, what: RegExp])[] = [
  ['TIME', /\d{4}-\d\d-\d\dT[\d:.]+Z/g],
  ['JOB', /batches\/[a-z0-9]{36}/g],
  ['SUBMISSION', /(?<="submission": )\d+/g],
  ['TOKENS', /(?<="text":)\d+/g],
  ['USD', /(?<="(?:costUsd|actual|difference)": ?)-?[\d.]+/g],
  ['USD', /(?<=<dt>cost<\/dt><dd>)[\d.]+/g],
  // The worst case of a lost answer is reserved, although it had no consequence.
  ['', /,\s*"reserved": [\d.]+/g],
  ['', /, up to [\d.]+ USD more reserved/g],
  // A lost answer is reported as an anomaly, although it had no consequence.
  ['"anomalies": []', /"anomalies": \[(\s*"Submission \d+ of round \d+ was sent without an answer.*)+\s*\]/g],
  [
    '',
    /<details>.*<ul>(<li>Submission \d+ of round \d+ was sent without an answer[^<]*<\/li>)+<\/ul><\/details>/g,
  ],
];

/** The result files of a batch: texts without their {@link VARIABLE_PARTS}, images as hashes. */
export async function readBatchTree(store: Store, batchId: string): Promise<Record<string, string>> {
  const folder = `batches/${batchId}/`;
  const keys = (await store.list(folder)).filter((key) => !key.startsWith(`${folder}work/`));
  const entries = keys.map(async (key) => {
    const bytes = Buffer.from((await store.get(key)) ?? []);
    const name = key.slice(folder.length);
    return [name, name.startsWith('images/') ? hashBytes(bytes) : normaliseText(bytes, batchId)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function normaliseText(bytes: Buffer, batchId: string): string {
  const text = bytes.toString().replaceAll(batchId, 'ID');
  return VARIABLE_PARTS.reduce((same, [instead, what]) => same.replace(what, instead), text);
}

function hashBytes(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
