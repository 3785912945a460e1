/** The queue where no other is configured. */
export const DEFAULT_TASK_QUEUE = 'hummingbatch';

/** The queue of a server that hummingbatch brought itself: named for its store, so that two never mix. */
export function ownTaskQueue(storeId: string): string {
  return `${DEFAULT_TASK_QUEUE}-${storeId}`;
}

/** The queue of the transfers: few slots, so that memory is bounded by slots × buffer. */
export function toTransferQueue(taskQueue: string): string {
  return `${taskQueue}-transfer`;
}
