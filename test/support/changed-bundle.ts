import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a bundle is made of. The types of the other parts are erased without being looked at. */
const PARTS = ['workflows', 'batch', 'contract'];

const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };

/** A change of one source file, as text. */
export interface Change {
  /** Below `src/`. */
  file: string;
  /** What must be there exactly once; the text goes behind it. */
  behind: string;
  text: string;
}

/**
 * The workflow bundle of a later version: today's sources with these changes.
 *
 * @throws where an anchor is not there exactly once: then the sources have moved on, and the change means something else
 */
export async function changedBundle(path: string, changes: readonly Change[]): Promise<string> {
  // Within the repository, where imports of packages resolve.
  const folder = await mkdtemp(join(ROOT, 'changed-workflows-'));
  try {
    for (const part of PARTS) await cp(join(ROOT, 'src', part), join(folder, part), { recursive: true });
    for (const change of changes) await make(change, join(folder, change.file));
    const workflowsPath = join(folder, 'workflows', 'index.ts');
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet });
    await writeFile(path, code);
    return path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function make({ file, behind, text }: Change, path: string): Promise<void> {
  const [before = '', after, ...others] = (await readFile(path, 'utf8')).split(behind);
  if (after === undefined || others.length > 0)
    throw new Error(`src/${file} must have this exactly once, to be changed there: ${behind}`);
  await writeFile(path, before + behind + text + after);
}
