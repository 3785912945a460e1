export { imageBatch } from './image-batch.ts';
export { notifyBatch } from './notify-batch.ts';
export { scheduledBatch } from './scheduled-batch.ts';
