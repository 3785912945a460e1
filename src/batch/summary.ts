import type { Manifest } from '../contract/manifest.ts';
import { findModel } from './models.ts';

/** Summarises a batch in one line: `autumn-catalogue: 60 outputs of nano-banana-pro`. */
export function summarise({ name, items, model }: Manifest): string {
  const outputs = items.reduce((sum, { count }) => sum + count, 0);
  const modelName = findModel(model)?.names[0] ?? model;
  return `${name}: ${outputs} ${outputs === 1 ? 'output' : 'outputs'} of ${modelName}`;
}
