import { type BatchPage, listBatches } from '../../client/index.ts';
import type { Call, Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { readListFilter } from '../list-filter.ts';
import { queryOrReadStore } from '../query-or-read-store.ts';
import { statusJson } from '../render/summary.ts';
import { renderTable } from '../render/table.ts';
import { existingStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output } = call;
  const choice = readListFilter(call.flags);
  const config = await readConfig(call);
  const store = await existingStore(call, config);
  if (!store) {
    output.say('There is no store here yet, so there are no batches.');
    output.printJson({ batches: [], next: null });
    return EXIT.done;
  }
  const page = await queryOrReadStore(call, config, store, {
    temporal: (hummingbatch) => hummingbatch.list(choice),
    store: () => listBatches(undefined, store, choice),
  });
  printTable(call, page);
  output.printJson({
    batches: page.batches.map((progress) => statusJson(progress, store, call)),
    next: page.next ?? null,
  });
  return EXIT.done;
};

function printTable({ output }: Call, { batches, next }: BatchPage): void {
  if (batches.length === 0) return output.say('No batch matches.');
  output.print(renderTable(batches));
  if (next) output.say(`There are more: --after ${next}`);
}
