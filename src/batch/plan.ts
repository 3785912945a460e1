import type { Manifest } from '../contract/manifest.ts';
import { fileNames } from './file-name.ts';

/** One wanted image of a batch. */
export interface PlannedOutput {
  /** Output id, `key#n`: what a request line and its answer are matched by. */
  output: string;
  key: string;
  /** From 1. */
  n: number;
  /** Index of its item in the manifest. */
  item: number;
  /** The name of its image file without extension: `hero` where one is wanted, else `hero~2`. */
  fileStem: string;
}

/** All outputs of a manifest, in its order. Ids and file stems are unique. */
export function planOutputs(manifest: Manifest): PlannedOutput[] {
  const names = fileNames(manifest.items.map((item) => item.key));
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

/** Key and number of an output id; undefined where the text is none. */
export function parseOutputId(id: string): { key: string; n: number } | undefined {
  const match = /^(?<key>.+)#(?<n>[1-9]\d{0,8})$/su.exec(id);
  return match?.groups && { key: match.groups['key'] as string, n: Number(match.groups['n']) };
}
