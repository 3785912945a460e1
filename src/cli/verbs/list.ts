import Table from 'cli-table3';
import { formatUsd } from '../../batch/money.ts';
import { type BatchPage, listBatches } from '../../client/index.ts';
import {
  BATCH_STATES,
  type BatchProgress,
  type BatchState,
  HummingbatchError,
} from '../../contract/index.ts';
import { suggestion } from '../../manifest/suggest.ts';
import type { Call, Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { lookAt } from '../look.ts';
import { configOf, existingStore } from '../store.ts';
import { statusJson, wordOf } from '../summary.ts';

export const verb: Verb = async (call) => {
  const { output } = call;
  const choice = choiceOf(call.flags);
  const config = await configOf(call);
  const store = await existingStore(call, config);
  if (!store) {
    output.say('There is no store here yet, so there are no batches.');
    output.printJson({ batches: [], next: null });
    return EXIT.done;
  }
  const page = await lookAt(call, config, store, {
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
  if (batches.length === 0) return output.say('There are no such batches.');
  const table = new Table({
    head: ['batch', 'state', 'images', 'cost', 'started'],
    style: { head: [], border: [] },
  });
  table.push(...batches.map(rowOf));
  output.print(table.toString());
  if (next) output.say(`There are more: --after ${next}`);
}

function rowOf({ batchId, state, outputs, costUsd, startedAt }: BatchProgress): string[] {
  return [
    batchId,
    wordOf(state),
    `${outputs.image} of ${outputs.total}`,
    formatUsd(costUsd.actual),
    new Date(startedAt).toLocaleString(),
  ];
}

function choiceOf({ state, limit, after }: Flags) {
  return { ...(state && { state: stateOf(state) }), ...(limit && { limit }), ...(after && { after }) };
}

function stateOf(word: string): BatchState {
  const found = BATCH_STATES.find((state) => wordOf(state) === word);
  if (found) return found;
  const words = BATCH_STATES.map(wordOf);
  throw new HummingbatchError('usage', `There is no state "${word}".`, {
    fix: suggestion(word, words) ?? `States are ${words.join(', ')}.`,
  });
}
