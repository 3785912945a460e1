/**
 * A process that uses the Temporal server of a directory: `temporal-user.ts DIRECTORY CLI`. Prints the server's address as
 * one line of JSON when it is up, and releases the server when its stdin ends.
 */
import { once } from 'node:events';
import { startTemporal } from '../../src/local/index.ts';

const [directory = '', cli = ''] = process.argv.slice(2);
const temporal = await startTemporal({
  directory,
  cli,
  namespace: 'default',
  searchAttributes: {},
  retentionHours: 720,
  env: process.env,
  log: (sentence) => process.stderr.write(`${sentence}\n`),
});
process.stdout.write(`${JSON.stringify(temporal)}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
await temporal.release();
