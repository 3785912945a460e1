import type { Item, Manifest, ReferenceSource } from '../contract/manifest.ts';
import { resolveModelId } from './rules/model.ts';
import type { ItemInput, ManifestInput } from './schema.ts';

/** The default of every model; all of them offer it. */
const DEFAULT_SIZE = '1K';

/**
 * Makes a manifest complete: defaults in each item, Google's id of the model, references as lists of sources. Keys and
 * names of references become NFC, so that texts that look the same compare equal.
 */
export function normalise(input: ManifestInput, toSource: (written: string) => ReferenceSource): Manifest {
  const { name, model, parent, references = {}, items, defaults = {}, run = {} } = input;
  return {
    name,
    model: resolveModelId(model),
    ...(parent === undefined ? {} : { parent }),
    references: Object.fromEntries(
      Object.entries(references).map(([reference, written]) => [
        reference.normalize('NFC'),
        [written].flat().map(toSource),
      ]),
    ),
    items: items.map((item) => normaliseItem({ ...defaults, ...item })),
    run,
  };
}

function normaliseItem({ key, prompt, references = [], imageSize, count, ...rest }: ItemInput): Item {
  return {
    ...rest,
    key: key.normalize('NFC'),
    prompt,
    imageSize: imageSize ?? DEFAULT_SIZE,
    count: count ?? 1,
    references: references.map((name) => name.normalize('NFC')),
  };
}
