import { which } from '../../src/local/command.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where there is no browser, what is shown in one is not tested; this says so. */
export const NO_BROWSER = `There is no browser: neither TEST_BROWSER names one, nor is ${NAMES.join(', ')} on PATH. What people see in it is not tested.`;

/** A Chromium of this machine. None is fetched: it has 150 MB and needs libraries of the system. */
export async function findBrowser(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const named = env['TEST_BROWSER'];
  if (named) return named;
  for (const name of NAMES) {
    const path = await which(name, env);
    if (path) return path;
  }
  return undefined;
}
