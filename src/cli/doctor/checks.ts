import type { Check } from './check.ts';
import { checkClocks } from './clocks.ts';
import { checkKey, checkModel } from './gemini.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkNode } from './node.ts';
import { checkSchedules } from './schedules.ts';
import { checkDisk, checkStore } from './store.ts';
import { checkCli, checkSearchAttributes, checkTemporal } from './temporal.ts';

export const CHECKS: readonly Check[] = [
  checkNode,
  checkKey,
  checkModel,
  checkTemporal,
  checkCli,
  checkLeftovers,
  checkSearchAttributes,
  checkClocks,
  checkStore,
  checkDisk,
  checkSchedules,
];
