import { extname } from 'node:path';
import type { Budget } from '../budget.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import type { ListTree, Tree } from '../tree.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readYaml } from './yaml.ts';

type Reader<Result> = (source: TextSource, report: Report, budget: Budget) => Result | undefined;

/** Whole manifests. */
export const WHOLE_FORMATS = { yaml: readYaml, json: readJson } as const satisfies Record<
  string,
  Reader<Tree>
>;
/** Items only; everything else comes from a base and from flags. */
export const LIST_FORMATS = { jsonl: readJsonl, csv: readCsv } as const satisfies Record<
  string,
  Reader<ListTree>
>;

export type WholeFormat = keyof typeof WHOLE_FORMATS;
export type ListFormat = keyof typeof LIST_FORMATS;
export type ManifestFormat = WholeFormat | ListFormat;

export function isListFormat(format: ManifestFormat): format is ListFormat {
  return format in LIST_FORMATS;
}

const BY_EXTENSION: Readonly<Record<string, ManifestFormat>> = {
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
};

export const EXTENSIONS = Object.keys(BY_EXTENSION);

/** By the end of the file's name, whatever its case; undefined where it is none of {@link EXTENSIONS}. */
export function detectFormat(file: string): ManifestFormat | undefined {
  return BY_EXTENSION[extname(file).toLowerCase()];
}
