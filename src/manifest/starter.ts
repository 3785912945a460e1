import { readdir } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HummingbatchError } from '../contract/errors.ts';
import { MAX_OUTPUTS } from '../contract/words.ts';
import { foldKey, safeKey } from './key.ts';
import { probeFile } from './local-references.ts';
import { isSystemError } from './system-error.ts';

/** Where the JSON Schema lies that the package ships. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../docs/manifest.schema.json', import.meta.url));

const IMAGE = /\.(?:png|jpe?g|webp|hei[cf])$/i;

export interface StarterOptions {
  /** Images to begin with; each becomes a reference and an item. Subfolders are not looked into. */
  folder?: string;
  /** Folder that the manifest will lie in, which its paths are relative to. */
  into: string;
}

interface Picture {
  key: string;
  path: string;
}

/**
 * The text of a `manifest.yaml` that runs as it is.
 * @throws usage - the folder cannot be read, or has no image that can be a reference
 */
export async function starterManifest({ folder, into }: StarterOptions): Promise<string> {
  if (folder === undefined) return example();
  const { pictures, left } = await picturesIn(folder, into);
  if (pictures.length === 0) {
    throw new HummingbatchError('usage', `${folder} has no image that can be a reference.`, {
      fix: 'Name a folder with PNG, JPEG, WebP or HEIC files.',
    });
  }
  return fromPictures(safeKey(basename(resolve(folder))), pictures, left);
}

function head(name: string): string {
  return `# yaml-language-server: $schema=${SCHEMA_FILE}
# Check it: hummingbatch validate manifest.yaml    See what it costs: hummingbatch estimate manifest.yaml
name: ${quoted(name)}
model: nano-banana-pro              # or nano-banana-2.1, or Google's own id
`;
}

function example(): string {
  return `${head('first-batch')}defaults:
  aspectRatio: "4:5"                # an item can have its own; also imageSize, seed, temperature, …
  count: 2                          # images of each item
items:
  - key: slate                      # names the files: images/slate~1.png, images/slate~2.png
    prompt: "A green glass bottle on wet slate at dawn, soft side light, shallow depth of field"
  - key: linen
    prompt: "A green glass bottle from above on crumpled linen, even daylight"
    aspectRatio: "1:1"
    count: 1
    metadata: { sku: "B-204" }      # carried into the records untouched
run:
  maxCostUsd: 5                     # never passed, over all rounds
`;
}

function fromPictures(name: string, pictures: readonly Picture[], left: readonly string[]): string {
  // A file's name may hold a line end, which would end the comment.
  const notes = left.map((note) => `# left out: ${note.replaceAll(/\s+/g, ' ')}\n`).join('');
  const references = pictures.map(({ key, path }) => `  ${quoted(key)}: ${quoted(path)}\n`).join('');
  const items = pictures.map(
    ({ key }) => `  - key: ${quoted(key)}
    prompt: "The subject of the reference image on a plain light grey background, soft even light, a clean product photograph"
    references: [${quoted(key)}]
`,
  );
  return `${head(name)}${notes}defaults:
  count: 1                          # images of each item
references:                         # named once, used by any item; a path, an https URL, or a list of them
${references}items:
${items.join('')}`;
}

/** The images of a folder by name, at most as many as a batch has outputs, and why others were left out. */
async function picturesIn(folder: string, into: string): Promise<{ pictures: Picture[]; left: string[] }> {
  const names = (await namesIn(folder)).filter((name) => IMAGE.test(name)).toSorted();
  const pictures: Picture[] = [];
  const left: string[] = [];
  const keys = new Set<string>();
  for (const name of names) {
    const why =
      pictures.length < MAX_OUTPUTS
        ? await whyNot(join(folder, name))
        : `"${name}": more than ${MAX_OUTPUTS}.`;
    if (why !== undefined) {
      left.push(why);
      continue;
    }
    pictures.push({ key: unused(deriveKey(name), keys), path: pathFrom(into, join(folder, name)) });
  }
  return { pictures, left };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new HummingbatchError('usage', `${folder} cannot be read (${error.code}).`, {
      fix: 'Name a folder with images.',
      cause: error,
    });
  }
}

async function whyNot(file: string): Promise<string | undefined> {
  const looked = await probeFile(file, basename(file));
  return 'finding' in looked ? looked.finding.message : undefined;
}

/** A key that can name the reference too: those begin with a letter or digit. */
function deriveKey(name: string): string {
  return safeKey(basename(name, extname(name)).replace(/^[^\p{L}\p{Nd}]+/u, ''));
}

/** Of the 100 characters of a key, so that `-1000` can follow. */
const KEY_ROOM = 95;

function unused(key: string, taken: Set<string>): string {
  let free = key;
  for (let n = 2; taken.has(foldKey(free)); n += 1) free = `${[...key].slice(0, KEY_ROOM).join('')}-${n}`;
  taken.add(foldKey(free));
  return free;
}

function pathFrom(into: string, file: string): string {
  const path = relative(into, file).split(sep).join('/');
  // Absolute where it lies on another drive of Windows.
  return isAbsolute(path) || path.startsWith('../') ? path : `./${path}`;
}

/** JSON's quotes are YAML's too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
