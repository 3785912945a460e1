import { log } from '@temporalio/workflow';
import { type BatchProgress, isEnd } from '../contract/index.ts';

/** Writes one line to the worker's log: the new state of a batch. Silent on replay. */
export function logState({ batchId, state, round, job, stop, outputs, costUsd }: BatchProgress): void {
  const where = { batch: batchId, ...(round > 0 && { round }), ...(job && { job }), state };
  const what = isEnd(state) ? 'ended' : stop ? 'stopped' : 'entered';
  if (stop) log.warn(what, { ...where, step: stop.step, code: stop.code, error: stop.message });
  else log.info(what, { ...where, images: outputs.image, usd: costUsd.actual });
}
