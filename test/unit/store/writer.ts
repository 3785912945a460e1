/** Writes values of a known form into a store until it is killed. */
import { openStore } from '../../../src/store/open.ts';

const store = await openStore(process.argv[2] ?? '');
const value = `{${'x'.repeat(1_000_000)}}`;
for (let n = 0; ; n++) {
  await store.put(`w/put-${process.pid}-${n}`, value);
  await store.putIfAbsent(`w/absent-${process.pid}-${n}`, value);
  await store.putAll([{ key: `w/all-${process.pid}-${n}`, data: value }]);
}
