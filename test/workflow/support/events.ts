import type { WorkflowHandle } from '@temporalio/client';

export type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** What the Temporal UI shows beside an event. */
export function readSummary({ userMetadata }: Event): string {
  const data = userMetadata?.summary?.data;
  return data ? (JSON.parse(Buffer.from(data).toString()) as string) : '';
}
