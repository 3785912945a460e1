import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { planOutputs } from '../../src/batch/plan.ts';
import type { Manifest } from '../../src/contract/index.ts';
import {
  computeFingerprint,
  PROBLEMS,
  type Problem,
  parseManifest,
  serialiseManifest,
} from '../../src/manifest/index.ts';
import { parseStored } from '../../src/manifest/stored.ts';
import { anyTexts, damagedManifests, type ManifestFile, writtenTrees } from './manifest-texts.ts';
import { target } from './target.ts';

const FILE = 'sent';
const BASE = {
  file: 'base.yaml',
  format: 'yaml',
  content: 'model: nano-banana-pro\nreferences: { r: https://e.com/r, é: [https://e.com/e] }\n',
} as const;
/** Problems of a whole file, and the last one that only counts the others. */
const WITHOUT_PLACE = ['not-text', 'too-large', 'more-problems'];

/** Properties that hold for every text that is sent as a manifest. */
export const MANIFESTS = [
  target('any text gives a manifest, or problems with places', anyTexts, assertValidResult),
  target('a damaged manifest gives a manifest, or problems with places', damagedManifests, assertValidResult),
  target('a tree in any format gives a manifest, or problems with places', writtenTrees, assertValidResult),
];

function assertValidResult({ format, content }: ManifestFile): void {
  const isList = format === 'jsonl' || format === 'csv';
  const result = parseManifest(content, { file: FILE, format, ...(isList && { base: BASE }) });
  const texts = { [FILE]: readText(content), [BASE.file]: BASE.content };
  for (const problem of [...result.warnings, ...(result.ok ? [] : result.problems)])
    assertHasPlace(problem, texts);
  if (!result.ok) return assert.notEqual(result.problems.length, 0);
  assert.equal(result.fingerprint, computeFingerprint(result.manifest));
  assertSurvivesStore(result.manifest);
  assertPlannable(result.manifest);
}

function assertHasPlace({ file, line, column, code, message }: Problem, texts: Record<string, string>): void {
  assert.ok(code in PROBLEMS);
  assert.ok(message !== '' && message.length <= 1000);
  const text = texts[file];
  assert.ok(text !== undefined, `${file} was never sent`);
  if (line === undefined || column === undefined) return assert.ok(WITHOUT_PLACE.includes(code), code);
  const lines = text.split(text.includes('\n') ? '\n' : '\r');
  const end = lines[line - 1]?.length;
  assert.ok(
    end !== undefined && column >= 1 && column <= end + 1,
    `${code} at ${line}:${column} of ${lines.length} lines`,
  );
}

/** A manifest is the same after it is written to the store and read again. */
function assertSurvivesStore(manifest: Manifest): void {
  const again = parseStored(Buffer.from(serialiseManifest(manifest)), 'manifest.json');
  assert.equal(serialiseManifest(again), serialiseManifest(manifest));
  assert.equal(computeFingerprint(again), computeFingerprint(manifest));
}

function assertPlannable(manifest: Manifest): void {
  const plan = planOutputs(manifest);
  assert.ok(plan.length >= 1 && plan.length <= 1000);
  assert.equal(new Set(plan.map(({ output }) => output)).size, plan.length);
  const files = plan.map(({ fileStem }) => `images/${fileStem}.png`);
  for (const file of files) {
    assert.equal(posix.normalize(file), file);
    assert.match(file, /^images\/[^/\\]+\.png$/);
    assert.ok(Buffer.byteLength(posix.basename(file)) <= 255);
  }
  assert.equal(new Set(files.map((file) => file.normalize('NFC').toUpperCase())).size, plan.length);
}

function readText(content: string | Uint8Array): string {
  return typeof content === 'string' ? content.replace(/^\uFEFF/, '') : new TextDecoder().decode(content);
}
