import { createBudget } from './budget.ts';
import { addBase } from './compose.ts';
import {
  isListFormat,
  LIST_FORMATS,
  type ManifestFormat,
  WHOLE_FORMATS,
  type WholeFormat,
} from './formats/index.ts';
import type { Report } from './report.ts';
import { createSourceWithoutText } from './source.ts';
import { decodeFile } from './text.ts';
import type { Tree } from './tree.ts';

/** The content of a file or of a request body. */
export interface Content<Format extends ManifestFormat = ManifestFormat> {
  /** The file name that problems show. */
  file: string;
  format: Format;
  content: string | Uint8Array;
}

export interface Files {
  manifest: Content;
  /** All fields but `name` and `items`; only for JSONL and CSV. */
  base?: Content<WholeFormat>;
}

/** Reads the files into one tree of a whole manifest; undefined, with a problem reported, if a file cannot be read. */
export function readTree({ manifest, base }: Files, report: Report): Tree | undefined {
  const { format } = manifest;
  if (!isListFormat(format)) {
    if (base !== undefined) reportNeedlessBase(base.file, report);
    return readWhole({ ...manifest, format }, report);
  }
  const source = decodeFile(manifest.content, manifest.file, report);
  const items = source && LIST_FORMATS[format](source, report, createBudget(report));
  const head = base && readWhole(base, report);
  // Continuing without an unreadable base would report all its fields as missing.
  if (items === undefined || (base !== undefined && head === undefined)) return undefined;
  return addBase(items, head, report);
}

function readWhole({ file, format, content }: Content<WholeFormat>, report: Report): Tree | undefined {
  const source = decodeFile(content, file, report);
  return source && WHOLE_FORMATS[format](source, report, createBudget(report));
}

function reportNeedlessBase(file: string, report: Report): void {
  report.add(
    { source: createSourceWithoutText(file), offset: 0 },
    {
      code: 'misplaced-field',
      message: 'A base file works only with JSONL and CSV.',
      fix: 'Remove --base, and move its fields into the manifest.',
    },
  );
}
