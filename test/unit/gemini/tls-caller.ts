/** Creates a job at the base URL in its argument and prints the outcome as one line of JSON: `tls-caller.ts URL`. */
import { createGemini } from '../../../src/gemini/index.ts';

const [baseUrl = ''] = process.argv.slice(2);
const gemini = createGemini({ baseUrl, apiKey: 'key-of-the-test' });
const made = await gemini.jobs.create('gemini-x', 'hb/x', 'files/x', () => true, AbortSignal.timeout(10_000));
process.stdout.write(`${JSON.stringify(made)}\n`);
