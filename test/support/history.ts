import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { toWorkflowId } from '../../src/contract/index.ts';

export interface ScheduledActivity {
  activity: string;
  summary: string;
}

/** The activities of a batch in the order of scheduling, each with its summary. */
export async function readActivities(client: Client, batchId: string): Promise<ScheduledActivity[]> {
  const { events } = await client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (!name) return [];
    const data = event.userMetadata?.summary?.data;
    return [{ activity: name, summary: data ? (JSON.parse(Buffer.from(data).toString()) as string) : '' }];
  });
}

/** The history of a batch as text, with each payload both in base64 and decoded. */
export async function readHistoryText(client: Client, batchId: string): Promise<string> {
  const json = historyToJSON(await client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory());
  const decoded = (_: string, data: string) => Buffer.from(data, 'base64').toString();
  return json + json.replace(/"data":\s*"([^"]+)"/g, decoded);
}
