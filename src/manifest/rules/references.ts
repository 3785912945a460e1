import { findModel } from '../../batch/models.ts';
import { MAX_NAME_CHARACTERS } from '../limits.ts';
import { shortNfc } from '../nfc.ts';
import { classify } from '../reference-source.ts';
import { suggestion } from '../suggest.ts';
import { fieldAt, find, type Path, type Place, type ScalarTree, type Tree } from '../tree.ts';
import { findPlace, listItems, type Numbered, type Subject } from './rule.ts';

/** Begins with a letter or digit, so that `__proto__` is none; no `;`, which parts names in CSV. */
const NAME = new RegExp(`^[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._-]{0,${MAX_NAME_CHARACTERS - 1}}$`, 'u');

/** Names and sources of references are of the right kind. Whether a file is there is looked at later. */
export function checkSources(subject: Subject): void {
  const seen = new Set<string>();
  for (const [name, field] of readFields(subject.tree)) {
    checkName(subject, name, field, seen);
    for (const source of sourcesIn(field.value)) checkSource(subject, source);
  }
}

/** The local files that a manifest names, at each place where it does. */
export function pathsIn(tree: Tree): { path: string; place: Place }[] {
  return readFields(tree)
    .flatMap(([, { value }]) => sourcesIn(value))
    .flatMap((place) => {
      const written = classify(String(place.value));
      return written.kind === 'path' ? [{ path: written.path, place }] : [];
    });
}

/** The addresses of content in the store that a manifest names, at each place where it does. */
export function contentsIn(tree: Tree): { sha256: string; place: Place }[] {
  return readFields(tree)
    .flatMap(([, { value }]) => sourcesIn(value))
    .flatMap((place) => {
      const written = classify(String(place.value));
      const isContent = written.kind === 'source' && written.source.startsWith('sha256:');
      return isContent ? [{ sha256: written.source.slice('sha256:'.length), place }] : [];
    });
}

/** Items name references that there are, no more of them than the model takes; references nobody names are a warning. */
export function checkUses(subject: Subject): void {
  const sizes = new Map(
    readFields(subject.tree).map(([name, { value }]) => [normal(name), sourcesIn(value).length]),
  );
  const known = [...sizes.keys()];
  const used = new Set<string>();
  for (const numbered of listItems(subject)) {
    const names = numbered.item.references ?? [];
    for (const [n, name] of names.entries()) {
      // What the schema refused is not there.
      if (name === undefined) continue;
      used.add(normal(name));
      if (!sizes.has(normal(name))) reportUnknown(subject, numbered, n, name, known);
    }
    const images = names.reduce((sum, name) => sum + (sizes.get(normal(name ?? '')) ?? 0), 0);
    reportTooMany(subject, numbered, images);
  }
  for (const name of sizes.keys()) if (!used.has(name)) reportUnused(subject, name);
}

function normal(name: string): string {
  return shortNfc(name, MAX_NAME_CHARACTERS);
}

function checkName(subject: Subject, name: string, place: Place, seen: Set<string>): void {
  const same = normal(name);
  if (!NAME.test(same)) {
    subject.problems.add(place, {
      code: 'wrong-value',
      message: `A reference cannot have the name "${name}".`,
      fix: `Letters, digits, "-", "_" and ".", beginning with a letter or digit; at most ${MAX_NAME_CHARACTERS}.`,
    });
  }
  if (seen.has(same)) {
    const message = `"${name}" names a second reference.`;
    subject.problems.add(place, { code: 'duplicate-field', message, fix: 'Keep one of them.' });
  }
  seen.add(same);
}

function checkSource({ problems, paths }: Subject, source: ScalarTree): void {
  const written = classify(String(source.value));
  if (written.kind === 'mistake') problems.add(source, written.finding);
  if (written.kind !== 'path' || paths === 'resolve') return;
  problems.add(source, {
    code: 'path-not-allowed',
    message: `"${written.path}" is a path, and nobody here can open it.`,
    fix: 'An https URL; or start the batch with the command line or the client, which copy files into the store.',
  });
}

function reportUnknown(
  subject: Subject,
  { path, about }: Numbered,
  n: number,
  name: string,
  known: readonly string[],
): void {
  subject.problems.add(findPlace(subject, [...path, 'references', n]), () => ({
    code: 'unknown-reference',
    message: `There is no reference "${name}".`,
    fix: suggestion(name, known) ?? joinNames(known),
    ...about,
  }));
}

const LISTED = 10;

function joinNames(known: readonly string[]): string {
  if (known.length === 0) return 'The manifest has no "references".';
  return `There are ${known.slice(0, LISTED).join(', ')}${known.length > LISTED ? ', …' : ''}.`;
}

function reportTooMany(subject: Subject, { path, about }: Numbered, images: number): void {
  const model = subject.draft.model === undefined ? undefined : findModel(subject.draft.model);
  if (model === undefined || images <= model.maxReferences) return;
  subject.problems.add(findPlace(subject, [...path, 'references']), {
    code: 'too-many-references',
    message: `The item has ${images} reference images, ${model.label} takes ${model.maxReferences}.`,
    fix: 'Name fewer; a named set counts with each of its images.',
    ...about,
  });
}

function reportUnused({ tree, warnings }: Subject, name: string): void {
  const path: Path = ['references'];
  warnings.add(fieldAt(tree, path, name), {
    code: 'unused-reference',
    message: `No item names the reference "${name}".`,
    fix: 'Remove it, or name it in an item.',
  });
}

function readFields(tree: Tree) {
  const references = find(tree, ['references']);
  return references?.kind === 'map' ? [...references.fields] : [];
}

/** The texts of one reference; what else is there was refused by the schema. */
function sourcesIn(tree: Tree): ScalarTree[] {
  const all = tree.kind === 'list' ? tree.items : [tree];
  return all.filter((source) => source.kind === 'scalar' && typeof source.value === 'string') as ScalarTree[];
}
