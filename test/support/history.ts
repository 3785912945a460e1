import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { toWorkflowId } from '../../src/contract/index.ts';

export interface StoryLine {
  activity: string;
  summary: string;
}

/** The activities of a batch in the order in which they were scheduled, each with the summary that people see. */
export async function readStory(client: Client, batchId: string): Promise<StoryLine[]> {
  const { events } = await client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (!name) return [];
    const data = event.userMetadata?.summary?.data;
    return [{ activity: name, summary: data ? (JSON.parse(Buffer.from(data).toString()) as string) : '' }];
  });
}

/** All that Temporal keeps of a batch, as text; payloads as they stand there, in base64, and once more as what they say. */
export async function textOfHistory(client: Client, batchId: string): Promise<string> {
  const json = historyToJSON(await client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory());
  const decoded = (_: string, data: string) => Buffer.from(data, 'base64').toString();
  return json + json.replace(/"data":\s*"([^"]+)"/g, decoded);
}
