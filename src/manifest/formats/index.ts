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

/** Formats that hold a whole manifest. */
export const WHOLE_FORMATS = { yaml: readYaml, json: readJson } as const satisfies Record<
  string,
  Reader<Tree>
>;
/** Formats that hold only items; all other fields come from a base file and from flags. */
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

/** The format by the file's extension, ignoring case; undefined if it is not one of {@link EXTENSIONS}. */
export function detectFormat(file: string): ManifestFormat | undefined {
  return BY_EXTENSION[extname(file).toLowerCase()];
}
