import Table from 'cli-table3';
import { readRecords } from '../../client/index.ts';
import type { OutputRecord } from '../../contract/index.ts';
import { requireStored } from '../batch-of-call.ts';
import type { Verb } from '../call.ts';
import { formatCommand } from '../commands.ts';
import { EXIT } from '../exit-codes.ts';
import { batchDirectory } from '../render/summary.ts';
import { openBatchStore } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output, flags } = call;
  const [batchId = ''] = call.args;
  const { store } = await openBatchStore(call);
  const { state } = await requireStored(store, batchId);
  const records: OutputRecord[] = [];
  for await (const record of readRecords(store, batchId)) records.push(record);
  const directory = batchDirectory({ batchId }, store);
  if (records.length === 0) {
    output.say(
      `The batch ${batchId} has no results yet. To follow it: ${formatCommand('watch', batchId, flags)}`,
    );
  } else {
    const table = new Table({
      head: ['output', 'outcome', 'file or reason', 'flags'],
      style: { head: [], border: [] },
    });
    table.push(...records.map(toRow));
    output.print(table.toString());
    output.say(`In ${directory}`);
  }
  output.printJson({ batchId, state, directory, records });
  return EXIT.done;
};

function toRow({ output, outcome, file, reason, flags }: OutputRecord): string[] {
  return [output, outcome, file ?? reason ?? '', flags.join(', ')];
}
