import { HummingbatchError, type OutputRecord } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Store } from './store.ts';

/**
 * Reads the records of an ended batch one by one. Yields none before the batch has a report. @throws `store-corrupt`
 */
export async function* readRecords(store: Store, batchId: string): AsyncGenerator<OutputRecord> {
  const { results } = batchPlaces(batchId);
  if (!(await store.head(results))) return;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of store.read(results)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parse(line, batchId);
  }
  if (rest) yield parse(rest, batchId);
}

function parse(line: string, batchId: string): OutputRecord {
  try {
    return JSON.parse(line) as OutputRecord;
  } catch (cause) {
    throw new HummingbatchError(
      'store-corrupt',
      `The file results.jsonl of the batch ${batchId} has a line that is not JSON.`,
      {
        cause,
      },
    );
  }
}
