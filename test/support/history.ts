import type { Client } from '@temporalio/client';
import { workflowIdOf } from '../../src/contract/index.ts';

export interface StoryLine {
  activity: string;
  summary: string;
}

/** The activities of a batch in the order in which they were scheduled, each with the summary that people see. */
export async function storyOf(client: Client, batchId: string): Promise<StoryLine[]> {
  const { events } = await client.workflow.getHandle(workflowIdOf(batchId)).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (!name) return [];
    const data = event.userMetadata?.summary?.data;
    return [{ activity: name, summary: data ? (JSON.parse(Buffer.from(data).toString()) as string) : '' }];
  });
}
