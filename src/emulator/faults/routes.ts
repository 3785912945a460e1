import { Refusal } from '../http/envelope.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import type { World } from '../world.ts';
import { FaultPlanError, readFaultPlan } from './plan.ts';

/** Returns the current plan. */
export async function getFaults(_: Exchange, { faults }: World): Promise<Reply> {
  return { json: faults.plan() };
}

/** Replaces the plan, from the next request on. Counts start at 0. */
export async function putFaults({ json }: Exchange, { faults }: World): Promise<Reply> {
  const value = await json();
  try {
    faults.set(readFaultPlan(value));
  } catch (error) {
    throw error instanceof FaultPlanError ? new Refusal('INVALID_ARGUMENT', error.message) : error;
  }
  return { json: faults.plan() };
}
