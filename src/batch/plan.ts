import type { Manifest } from '../contract/manifest.ts';
import { chooseFileNames } from './file-name.ts';

/** One output of a batch. */
export interface PlannedOutput {
  /** Output id, `key#n`: a request line and its answer are matched by it. */
  output: string;
  key: string;
  /** From 1. */
  n: number;
  /** The index of its item in the manifest. */
  item: number;
  /** The name of its image file without extension: `hero` for a count of 1, else `hero~2`. */
  fileStem: string;
}

/** Lists all outputs of a manifest, in its order. Ids and file stems are unique. */
export function planOutputs(manifest: Manifest): PlannedOutput[] {
  const names = chooseFileNames(manifest.items.map((item) => item.key));
  return manifest.items.flatMap(({ key, count }, item) =>
    Array.from({ length: count }, (_, index) => {
      const n = index + 1;
      const fileStem = count === 1 ? (names[item] as string) : `${names[item]}~${n}`;
      return { output: outputId(key, n), key, n, item, fileStem };
    }),
  );
}

/** The id of the n-th output of an item, n from 1. */
export function outputId(key: string, n: number): string {
  return `${key}#${n}`;
}

/** Parses an output id into key and number; undefined where the text is not an output id. */
export function parseOutputId(id: string): { key: string; n: number } | undefined {
  const match = /^(?<key>.+)#(?<n>[1-9]\d{0,8})$/su.exec(id);
  return match?.groups && { key: match.groups['key'] as string, n: Number(match.groups['n']) };
}
