import { createBudget } from './budget.ts';
import { withHead } from './compose.ts';
import {
  isListFormat,
  LIST_FORMATS,
  type ManifestFormat,
  WHOLE_FORMATS,
  type WholeFormat,
} from './formats/index.ts';
import type { Report } from './report.ts';
import { textlessSource } from './source.ts';
import { decode } from './text.ts';
import type { Tree } from './tree.ts';

/** A file that was read, or a body that was sent. */
export interface Content<Format extends ManifestFormat = ManifestFormat> {
  /** As problems are to name it. */
  file: string;
  format: Format;
  content: string | Uint8Array;
}

export interface Files {
  manifest: Content;
  /** Everything but name and items, where the manifest is JSONL or CSV. */
  base?: Content<WholeFormat>;
}

/** The files as one tree of a whole manifest; undefined, and reported, where one of them cannot be read. */
export function readTree({ manifest, base }: Files, report: Report): Tree | undefined {
  const { format } = manifest;
  if (!isListFormat(format)) {
    if (base !== undefined) reportNeedlessBase(base.file, report);
    return readWhole({ ...manifest, format }, report);
  }
  const source = decode(manifest.content, manifest.file, report);
  const items = source && LIST_FORMATS[format](source, report, createBudget(report));
  const head = base && readWhole(base, report);
  // Without the base that was named, all that it holds would be reported as missing.
  if (items === undefined || (base !== undefined && head === undefined)) return undefined;
  return withHead(items, head, report);
}

function readWhole({ file, format, content }: Content<WholeFormat>, report: Report): Tree | undefined {
  const source = decode(content, file, report);
  return source && WHOLE_FORMATS[format](source, report, createBudget(report));
}

function reportNeedlessBase(file: string, report: Report): void {
  report.add(
    { source: textlessSource(file), offset: 0 },
    {
      code: 'misplaced-field',
      message: 'A base goes with JSONL and CSV only.',
      fix: 'Leave it out, or write what it says into the manifest.',
    },
  );
}
