import sharp from 'sharp';
import { expect } from 'vitest';
import { parseManifest } from '../../src/manifest/index.ts';
import { computeSha256, places } from './activities-kit.ts';
import { listOutputs, type Trial } from './line-faults-batches.ts';
import { type RawLine, readRest } from './line-faults-lines.ts';
import type { Expected } from './line-faults-model.ts';
import type { BatchResults } from './line-faults-run.ts';

/** Expects that each record has the outcome of the reference model. */
export function expectAsModelled(
  { records, report, ledger }: BatchResults,
  raw: RawLine[][],
  expected: Expected,
): void {
  expect(raw.map((lines) => lines.map(({ key }) => key))).toEqual(expected.lines);
  expect(ledger.jobs.map(({ rows }) => rows)).toEqual(expected.rounds.map((outputs) => outputs.length));
  expect(ledger.imagesBilled).toBe(expected.billed);
  expect(report.rounds).toHaveLength(expected.rounds.length);
  const reported = records.map(({ output, outcome, flags, reason, retryable, round, alternates = [] }) => ({
    ...{ output, outcome, flags: [...flags].sort(), round, alternates: alternates.length },
    ...(reason !== undefined && { reason, retryable }),
  }));
  expect(reported).toEqual(expected.records);
}

/** Expects exactly one record per output in the order of the manifest, with a matching report and failed.json. */
export function expectOneRecordEach({ records, report, files }: BatchResults, { manifest }: Trial): void {
  expect(records.map(({ output }) => output)).toEqual(listOutputs(manifest));
  const lost = records.filter(({ outcome }) => outcome !== 'image');
  expect(report.outputs).toMatchObject({ total: records.length, image: records.length - lost.length });
  const failed = files[places.failed];
  expect(failed === undefined).toBe(lost.length === 0);
  if (failed === undefined) return;
  const parsed = parseManifest(Buffer.from(failed, 'latin1'), { file: 'failed.json', format: 'json' });
  expect(parsed.ok && parsed.manifest.items.map(({ key, count }) => [key, count])).toEqual(
    manifest.items
      .map(({ key }) => [key, lost.filter((record) => record.key === key).length] as const)
      .filter(([, count]) => count > 0),
  );
}

/** Expects a file for every received image: named by a record, or by its hash if it belongs to no output. No other file exists. */
export async function expectAllImagesKept({ records, files }: BatchResults, raw: RawLine[]): Promise<void> {
  const named = records.flatMap(({ output, file, sha256, alternates = [] }) =>
    [...(file === undefined ? [] : [{ file, sha256 }]), ...alternates].map((image) => ({ output, ...image })),
  );
  const came = await Promise.all(
    raw.flatMap(({ key, images }) =>
      images.map(async (bytes) => ((await isImage(bytes)) ? `${key} ${computeSha256(bytes)}` : '')),
    ),
  );
  const known = new Set(records.map(({ output }) => output));
  const isKnown = (image: string) => known.has(image.split(' ')[0] ?? '');
  const billed = new Set(came.filter(isKnown));
  const strays = new Set(
    came.filter((image) => image !== '' && !isKnown(image)).map((image) => image.slice(-64)),
  );
  expect(new Set(named.map(({ output, sha256 }) => `${output} ${sha256}`))).toEqual(billed);
  expect(named).toHaveLength(billed.size);
  const onDisk = Object.entries(files).filter(([place]) => place.startsWith(places.file('images')));
  expect(
    new Map(onDisk.map(([place, bytes]) => [place, computeSha256(Buffer.from(bytes, 'latin1'))])),
  ).toEqual(
    new Map([
      ...named.map(({ file, sha256 }) => [places.file(file ?? ''), sha256] as const),
      ...[...strays].map((sha256) => [strayPlace(sha256, onDisk), sha256] as const),
    ]),
  );
}

/** The place of a stray image: its extension is that of its real type. */
function strayPlace(sha256: string, onDisk: [place: string, bytes: string][]): string {
  const stem = places.file(`images/stray~${sha256.slice(0, 16)}`);
  return onDisk.map(([place]) => place).find((place) => place.startsWith(`${stem}.`)) ?? stem;
}

const decoded = new Map<string, Promise<boolean>>();

/** Whether the content decodes completely. Copies are decoded only once. */
function isImage(bytes: Buffer): Promise<boolean> {
  const name = computeSha256(bytes);
  const known =
    decoded.get(name) ??
    sharp(bytes, { failOn: 'warning' })
      .stats()
      .then(
        () => true,
        () => false,
      );
  decoded.set(name, known);
  return known;
}

const IN_A_BATCH = /^(images\/[^/]+|work\/.+|(manifest|report|failed)\.json|results\.jsonl|report\.html)$/;

/** The file that assigns a job to its batch. */
const OF_A_JOB = /^store\/jobs\/[a-z0-9]{36}\.json$/;

/** Expects that no key of a result has created a file in another place. */
export function expectNothingElsewhere({ onDisk }: BatchResults): void {
  const batchFolder = `store/${places.folder}/`;
  const strange = onDisk.filter(
    (path) =>
      !(path.startsWith(batchFolder) && IN_A_BATCH.test(path.slice(batchFolder.length))) &&
      !OF_A_JOB.test(path),
  );
  expect(strange).toEqual(['store/store.json']);
}

/** Expects that each round requests a subset of the round before. */
export function expectRoundsThatShrink({ rounds }: Expected, { ledger }: BatchResults): void {
  for (const [at, outputs] of rounds.entries()) {
    if (at > 0) expect(rounds[at - 1]).toEqual(expect.arrayContaining(outputs));
  }
  expect(ledger.jobs.map(({ rows }) => rows)).toEqual(
    ledger.jobs.map(({ rows }) => rows).toSorted((one, other) => other - one),
  );
}

/** Expects that a record costs as much as its answers, and the batch as much as all readable answers. */
export function expectAllCosts({ records, report }: BatchResults, raw: RawLine[]): void {
  const computeCost = (output: string) =>
    raw.filter(({ key }) => key === output).reduce((sum, { cost }) => sum + cost, 0);
  for (const { output, costUsd } of records) expect(costUsd).toBeCloseTo(computeCost(output), 5);
  const all = raw.reduce((sum, { cost }) => sum + cost, 0);
  expect(report.costUsd.actual).toBeCloseTo(all, 4);
}

/** Expects an anomaly for each line without an output, in order, without control characters. */
export function expectAnomalies({ records, report, results }: BatchResults, raw: RawLine[][]): void {
  const known = new Set(records.map(({ output }) => output));
  const odd = raw.flatMap((lines, at) => {
    const cut = readRest(results[at]);
    return [...lines.map(({ key }) => key), ...(cut ? [undefined] : [])]
      .filter((key) => key === undefined || !known.has(key))
      .map(
        (key) => `round ${at + 1}: ${key === undefined ? 'a line of ' : 'an answer for the unknown key '}`,
      );
  });
  expect(report.anomalies.map((anomaly, at) => anomaly.slice(0, odd[at]?.length))).toEqual(odd);
  const words = [...report.anomalies, ...records.flatMap(({ message, text }) => [message ?? '', text ?? ''])];
  for (const word of words) {
    expect(word.length).toBeLessThanOrEqual(500);
    expect(word).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  }
}
