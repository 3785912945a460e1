import type { Manifest } from '../contract/manifest.ts';
import { computeFingerprint } from './canonical.ts';
import type { Overrides } from './compose.ts';
import { examine } from './examine.ts';
import { finishManifest } from './finish.ts';
import type { ManifestFormat, WholeFormat } from './formats/index.ts';
import type { Problem } from './problem.ts';
import { createReports, failWith } from './report.ts';

export interface ParseOptions {
  /** The file name that problems show. For JSONL and CSV it also gives the manifest its name. */
  file: string;
  format: ManifestFormat;
  /** All fields but `name` and `items`; only for JSONL and CSV. */
  base?: { file: string; format: WholeFormat; content: string | Uint8Array };
  overrides?: Overrides;
}

export type ParseResult =
  | {
      ok: true;
      manifest: Manifest;
      /** See {@link computeFingerprint}. */
      fingerprint: string;
      warnings: Problem[];
    }
  | { ok: false; problems: Problem[]; warnings: Problem[] };

/**
 * Parses a manifest from text or bytes, or lists all its problems. Opens no file: a local path is a problem
 * (`path-not-allowed`), because the HTTP API and the worker use this. A normalised manifest comes out unchanged.
 */
export function parseManifest(content: string | Uint8Array, options: ParseOptions): ParseResult {
  const reports = createReports();
  const { problems, warnings } = reports;
  const { file, format, base, overrides } = options;
  const examined = examine(
    {
      manifest: { file, format, content },
      ...(base && { base }),
      ...(overrides && { overrides }),
      paths: 'refuse',
    },
    problems,
    warnings,
  );
  // Paths were refused.
  const manifest = examined && finishManifest(examined, new Map(), problems);
  if (manifest === undefined) return failWith(reports);
  return { ok: true, manifest, fingerprint: computeFingerprint(manifest), warnings: warnings.problems() };
}
