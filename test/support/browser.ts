import { which } from '../../src/local/command.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Printed if no browser is found, because the tests that need one are then skipped. */
export const NO_BROWSER = `No browser found: TEST_BROWSER is not set, and PATH has none of ${NAMES.join(', ')}. Tests that need a browser are skipped.`;

/** A Chromium of this machine. None is downloaded: it has 150 MB and needs system libraries. */
export async function findBrowser(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const named = env['TEST_BROWSER'];
  if (named) return named;
  for (const name of NAMES) {
    const path = await which(name, env);
    if (path) return path;
  }
  return undefined;
}
