/** The queue where no other is configured. */
export const DEFAULT_TASK_QUEUE = 'hummingbatch';

/** The queue of a server that hummingbatch brought itself: named for its store, so that two never mix. */
export function ownTaskQueue(storeId: string): string {
  return `${DEFAULT_TASK_QUEUE}-${storeId}`;
}

/** The queue of the transfers. A worker runs few of them at once, so that its memory is bounded. */
export function toTransferQueue(taskQueue: string): string {
  return `${taskQueue}-transfer`;
}
