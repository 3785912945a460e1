import type { Manifest, ReferenceSource } from '../contract/manifest.ts';
import { computeFingerprint } from './canonical.ts';
import type { Overrides } from './compose.ts';
import { examine } from './examine.ts';
import { finish } from './finish.ts';
import type { ManifestFormat, WholeFormat } from './formats/index.ts';
import type { Problem } from './problem.ts';
import { classify } from './reference-source.ts';
import { createReport } from './report.ts';

export interface ParseOptions {
  /** As problems are to name it; for JSONL and CSV also where the name of the manifest comes from. */
  file: string;
  format: ManifestFormat;
  /** Everything but name and items, for JSONL and CSV. */
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
 * A manifest from text or bytes, or all its problems. Opens nothing: a local path in it is a problem
 * (`path-not-allowed`), as the HTTP API and the worker need it. What lies in the store comes out as it went in.
 */
export function parseManifest(content: string | Uint8Array, options: ParseOptions): ParseResult {
  const problems = createReport();
  const warnings = createReport();
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
  const manifest = examined && finish(examined, storedSource, problems);
  if (manifest === undefined) {
    return { ok: false, problems: problems.problems(), warnings: warnings.problems() };
  }
  return { ok: true, manifest, fingerprint: computeFingerprint(manifest), warnings: warnings.problems() };
}

/** Paths were refused before, so that every text is a source. */
function storedSource(written: string): ReferenceSource {
  const { source } = classify(written) as { source: ReferenceSource };
  return source;
}
