import { readdir } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HummingbatchError } from '../contract/errors.ts';
import { MAX_OUTPUTS } from '../contract/words.ts';
import { foldKey, toSafeKey } from './key.ts';
import { probeFile } from './local-references.ts';
import { buildFinding } from './report.ts';
import { isSystemError } from './system-error.ts';

/** The JSON Schema that the package ships. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../docs/manifest.schema.json', import.meta.url));

const IMAGE = /\.(?:png|jpe?g|webp|hei[cf])$/i;

export interface StarterOptions {
  /** A folder of images; each becomes a reference and an item. Subfolders are not read. */
  folder?: string;
  /** The folder of the new manifest. Paths in it are relative to this folder. */
  into: string;
}

interface Picture {
  key: string;
  path: string;
}

/**
 * The text of a `manifest.yaml` that is ready to run.
 * @throws usage - the folder cannot be read, or has no image that can be a reference
 */
export async function starterManifest({ folder, into }: StarterOptions): Promise<string> {
  if (folder === undefined) return renderExample();
  const { pictures, skipped } = await listPictures(folder, into);
  if (pictures.length === 0) {
    throw new HummingbatchError('usage', `${folder} has no image that can be a reference.`, {
      fix: 'Name a folder with PNG, JPEG, WebP or HEIC files.',
    });
  }
  return renderPictures(toSafeKey(basename(resolve(folder))), pictures, skipped);
}

function renderHead(name: string): string {
  return `# yaml-language-server: $schema=${SCHEMA_FILE}
# Check it: hummingbatch validate manifest.yaml    Estimate its cost: hummingbatch estimate manifest.yaml
name: ${quote(name)}
model: nano-banana-pro              # or nano-banana-2.1, or Google's own id
`;
}

function renderExample(): string {
  return `${renderHead('first-batch')}defaults:
  aspectRatio: "4:5"                # an item can override it; also imageSize, seed, temperature, …
  count: 2                          # images per item
items:
  - key: slate                      # names the files: images/slate~1.png, images/slate~2.png
    prompt: "A green glass bottle on wet slate at dawn, soft side light, shallow depth of field"
  - key: linen
    prompt: "A green glass bottle from above on crumpled linen, even daylight"
    aspectRatio: "1:1"
    count: 1
    metadata: { sku: "B-204" }      # copied into the records unchanged
run:
  maxCostUsd: 5                     # upper limit, over all rounds
`;
}

function renderPictures(name: string, pictures: readonly Picture[], skipped: readonly string[]): string {
  // A file name may contain a line end, which would end the comment.
  const notes = skipped.map((note) => `# skipped: ${note.replaceAll(/\s+/g, ' ')}\n`).join('');
  const references = pictures.map(({ key, path }) => `  ${quote(key)}: ${quote(path)}\n`).join('');
  const items = pictures.map(
    ({ key }) => `  - key: ${quote(key)}
    prompt: "The subject of the reference image on a plain light grey background, soft even light, a clean product photograph"
    references: [${quote(key)}]
`,
  );
  return `${renderHead(name)}${notes}defaults:
  count: 1                          # images per item
references:                         # named once, used by any item: a path, an https URL, or a list of them
${references}items:
${items.join('')}`;
}

/** The images of a folder, sorted by name, up to the output limit of a batch; and the reasons why others were skipped. */
async function listPictures(
  folder: string,
  into: string,
): Promise<{ pictures: Picture[]; skipped: string[] }> {
  const names = (await listNames(folder)).filter((name) => IMAGE.test(name)).toSorted();
  const pictures: Picture[] = [];
  const skipped: string[] = [];
  const keys = new Set<string>();
  for (const name of names) {
    const reason =
      pictures.length < MAX_OUTPUTS
        ? await findReasonToSkip(join(folder, name))
        : `"${name}": more than ${MAX_OUTPUTS}.`;
    if (reason !== undefined) {
      skipped.push(reason);
      continue;
    }
    pictures.push({ key: makeUnique(deriveKey(name), keys), path: toRelativePath(into, join(folder, name)) });
  }
  return { pictures, skipped };
}

async function listNames(folder: string): Promise<string[]> {
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

async function findReasonToSkip(file: string): Promise<string | undefined> {
  const probed = await probeFile(file, basename(file));
  return 'finding' in probed ? buildFinding(probed.finding).message : undefined;
}

/** Makes a key that is also a valid reference name, which begins with a letter or digit. */
function deriveKey(name: string): string {
  return toSafeKey(basename(name, extname(name)).replace(/^[^\p{L}\p{Nd}]+/u, ''));
}

/** A key has at most 100 characters; this leaves room for a suffix up to `-1000`. */
const KEY_ROOM = 95;

function makeUnique(key: string, taken: Set<string>): string {
  let free = key;
  for (let n = 2; taken.has(foldKey(free)); n += 1) free = `${[...key].slice(0, KEY_ROOM).join('')}-${n}`;
  taken.add(foldKey(free));
  return free;
}

function toRelativePath(into: string, file: string): string {
  const path = relative(into, file).split(sep).join('/');
  // The path is absolute if the file is on another drive of Windows.
  return isAbsolute(path) || path.startsWith('../') ? path : `./${path}`;
}

/** A JSON string is also a YAML string. */
function quote(text: string): string {
  return JSON.stringify(text);
}
