import type { Item, Manifest, ReferenceSource } from '../contract/manifest.ts';
import { resolveModelId } from './rules/model.ts';
import type { ItemInput, ManifestInput } from './schema.ts';

/** What the models make unless told otherwise; all of them offer it. */
const DEFAULT_SIZE = '1K';

/**
 * A manifest with nothing left to look up: defaults in each item, Google's id of the model, references as lists of what
 * `toSource` says of each text. Keys and names of references in NFC, so that they compare as they look.
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
