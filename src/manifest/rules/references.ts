import { findModel } from '../../batch/models.ts';
import { MAX_NAME_CHARACTERS } from '../limits.ts';
import type { Classify } from '../reference-source.ts';
import { suggestName } from '../suggest.ts';
import { find, findField, type Path, type Place, type ScalarTree, type Tree } from '../tree.ts';
import { findPlace, type ItemEntry, listItems, type RuleContext } from './rule.ts';

/** The first character is a letter or digit, which excludes `__proto__`. No `;`, which separates names in CSV. */
const NAME = new RegExp(`^[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,${MAX_NAME_CHARACTERS - 1}}$`, 'u');

/** Names and sources of references are well formed. Whether a file exists is checked later. */
export function checkSources(context: RuleContext): void {
  const seen = new Set<string>();
  for (const [name, field] of readFields(context.tree)) {
    checkName(context, name, field, seen);
    for (const source of listSources(field.value)) checkSource(context, source);
  }
}

/** The local files that a manifest names, with each place. */
export function listPaths(tree: Tree, classify: Classify): { path: string; place: Place }[] {
  return readFields(tree)
    .flatMap(([, { value }]) => listSources(value))
    .flatMap((place) => {
      const written = classify(String(place.value));
      return written.kind === 'path' ? [{ path: written.path, place }] : [];
    });
}

/** The content addresses of the store that a manifest names, with each place. */
export function listContents(tree: Tree, classify: Classify): { sha256: string; place: Place }[] {
  return readFields(tree)
    .flatMap(([, { value }]) => listSources(value))
    .flatMap((place) => {
      const written = classify(String(place.value));
      const isContent = written.kind === 'source' && written.source.startsWith('sha256:');
      return isContent ? [{ sha256: written.source.slice('sha256:'.length), place }] : [];
    });
}

/** Items name defined references, at most as many as the model accepts. A reference that no item names is a warning. */
export function checkUses(context: RuleContext): void {
  const { normaliseName } = context;
  const sizes = new Map(
    readFields(context.tree).map(([name, { value }]) => [normaliseName(name), listSources(value).length]),
  );
  const known = [...sizes.keys()];
  const used = new Set<string>();
  for (const entry of listItems(context)) {
    const names = entry.item.references ?? [];
    for (const [n, name] of names.entries()) {
      // The schema removes invalid entries.
      if (name === undefined) continue;
      const same = normaliseName(name);
      used.add(same);
      if (!sizes.has(same)) reportUnknown(context, entry, n, name, known);
    }
    const images = names.reduce((sum, name) => sum + (sizes.get(normaliseName(name ?? '')) ?? 0), 0);
    reportTooMany(context, entry, images);
  }
  for (const name of sizes.keys()) if (!used.has(name)) reportUnused(context, name);
}

function checkName(context: RuleContext, name: string, place: Place, seen: Set<string>): void {
  const same = context.normaliseName(name);
  if (!NAME.test(same)) {
    context.problems.add(place, {
      code: 'wrong-value',
      message: `"${name}" is not a valid name of a reference.`,
      fix: `Use at most ${MAX_NAME_CHARACTERS} letters, digits, "-", "_" and "."; begin with a letter or digit.`,
    });
  }
  if (seen.has(same)) {
    const message = `The reference "${name}" is defined twice.`;
    context.problems.add(place, { code: 'duplicate-field', message, fix: 'Keep one of them.' });
  }
  seen.add(same);
}

function checkSource({ problems, paths, classify }: RuleContext, source: ScalarTree): void {
  const written = classify(String(source.value));
  if (written.kind === 'mistake') problems.add(source, written.finding);
  if (written.kind !== 'path' || paths === 'resolve') return;
  problems.add(source, {
    code: 'path-not-allowed',
    message: `"${written.path}" is a local path, which cannot be opened here.`,
    fix: 'Use an https URL, or start the batch with the command line or the client, which copy files into the store.',
  });
}

function reportUnknown(
  context: RuleContext,
  { path, itemKey }: ItemEntry,
  n: number,
  name: string,
  known: readonly string[],
): void {
  context.problems.add(findPlace(context, [...path, 'references', n]), (findNearest) => ({
    code: 'unknown-reference',
    message: `The reference "${name}" is not defined.`,
    fix: suggestName(name, known, findNearest) ?? joinNames(known),
    ...itemKey,
  }));
}

const LISTED = 10;

function joinNames(known: readonly string[]): string {
  if (known.length === 0) return 'Add it to "references"; the manifest has none yet.';
  return `Use one of ${known.slice(0, LISTED).join(', ')}${known.length > LISTED ? ', …' : ''}.`;
}

function reportTooMany(context: RuleContext, { path, itemKey }: ItemEntry, images: number): void {
  const model = context.draft.model === undefined ? undefined : findModel(context.draft.model);
  if (model === undefined || images <= model.maxReferences) return;
  context.problems.add(findPlace(context, [...path, 'references']), {
    code: 'too-many-references',
    message: `The item has ${images} reference images; ${model.label} accepts ${model.maxReferences}.`,
    fix: 'Name fewer. Each image of a named set counts.',
    ...itemKey,
  });
}

function reportUnused({ tree, warnings }: RuleContext, name: string): void {
  const path: Path = ['references'];
  warnings.add(findField(tree, path, name), {
    code: 'unused-reference',
    message: `No item names the reference "${name}".`,
    fix: 'Remove it, or name it in an item.',
  });
}

function readFields(tree: Tree) {
  const references = find(tree, ['references']);
  return references?.kind === 'map' ? [...references.fields] : [];
}

/** The texts of one reference. The schema reports any other value. */
function listSources(tree: Tree): ScalarTree[] {
  const all = tree.kind === 'list' ? tree.items : [tree];
  return all.filter((source) => source.kind === 'scalar' && typeof source.value === 'string') as ScalarTree[];
}
