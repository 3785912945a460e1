export { imageBatch } from './image-batch.ts';
export { scheduledBatch } from './scheduled-batch.ts';
