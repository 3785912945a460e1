import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The folders that a bundle contains. Types from other folders are erased. */
const PARTS = ['workflows', 'batch', 'contract'];

const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };

/** A text to insert into one source file. */
export interface Change {
  /** Path below `src/`. */
  file: string;
  /** The anchor: must occur exactly once; the text is inserted after it. */
  anchor: string;
  text: string;
}

/**
 * Builds the workflow bundle of a later version: today's sources with these changes.
 *
 * @throws if an anchor does not occur exactly once: the sources have changed, and the change would mean something else
 */
export async function changedBundle(path: string, changes: readonly Change[]): Promise<string> {
  // Inside the repository, so that imports of packages resolve.
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

async function make({ file, anchor, text }: Change, path: string): Promise<void> {
  const [before = '', after, ...others] = (await readFile(path, 'utf8')).split(anchor);
  if (after === undefined || others.length > 0)
    throw new Error(`src/${file} must contain this text exactly once: ${anchor}`);
  await writeFile(path, before + anchor + text + after);
}
