import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python with a package (`name==version`), in an environment that later runs reuse; or the reason why there is none. */
export async function preparePython(requirement: string): Promise<{ python: string } | { missing: string }> {
  const environment = fileURLToPath(new URL(`../../node_modules/.cache/${requirement}`, import.meta.url));
  const python = join(environment, 'bin', 'python');
  try {
    if (!existsSync(python)) await run('python3', ['-m', 'venv', environment], { timeout: 60_000 });
    // pip returns at once, without a network request, if the package is already installed.
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1'];
    await run(python, [...pip, requirement], { timeout: 120_000 });
    return { python };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { missing: `no Python with ${requirement} is available: ${why}` };
  }
}
