import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const source = fileURLToPath(new URL('../dist/workflows/index.js', import.meta.url));
const payloadConverterPath = fileURLToPath(
  new URL('../dist/workflows/payload-converter.js', import.meta.url),
);
const target = fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));

const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({
  workflowsPath: source,
  payloadConverterPath,
  logger: quiet,
});
await writeFile(target, code);
