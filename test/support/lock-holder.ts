/** A process that takes the lock of a directory, prints a line, and holds it: `lock-holder.ts DIRECTORY`. */
import { withLock } from '../../src/local/lock.ts';

const [directory = ''] = process.argv.slice(2);
await withLock(directory, undefined, () => {
  process.stdout.write('held\n');
  setInterval(() => undefined, 1 << 30);
  return new Promise<never>(() => undefined);
});
