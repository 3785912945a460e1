/** `tsx make-images-process.ts MANIFEST STORE GEMINI_URL`: calls makeImages and prints each change of the batch as JSON. */
import { importBuilt } from './built.ts';

const [manifest = '', store = '', geminiUrl = ''] = process.argv.slice(2);
const { makeImages } = await importBuilt();
const run = makeImages(manifest, {
  ...{ store, geminiUrl, apiKey: 'test-key', maxCostUsd: 5 },
  options: { checkIntervalMs: 1_000, submitWindowMs: 1_000 },
  onProgress: (progress) => process.stdout.write(`${JSON.stringify(progress)}\n`),
});
for await (const { output } of run) process.stderr.write(`${output}\n`);
