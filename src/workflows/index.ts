export { imageBatch } from './image-batch.ts';
