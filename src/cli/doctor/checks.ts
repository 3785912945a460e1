import type { Call } from '../call.ts';
import type { Config } from '../config/config.ts';
import { checkKey, checkModel } from './gemini.ts';
import { checkNode } from './node.ts';
import { checkSchedules } from './schedules.ts';
import { checkDisk, checkStore } from './store.ts';
import { checkCli, checkSearchAttributes, checkTemporal } from './temporal.ts';

/** What came of looking at one thing that a batch needs. */
export interface Finding {
  name: string;
  /** `hint`: it works without. `missing`: it does not. */
  level: 'ok' | 'hint' | 'missing';
  message: string;
  /** The exact way to mend it. */
  fix?: string;
}

/** Looks at one thing. It finds, and does not throw. */
export type Check = (call: Call, config: Config) => Promise<Finding>;

export const CHECKS: readonly Check[] = [
  checkNode,
  checkKey,
  checkModel,
  checkTemporal,
  checkCli,
  checkSearchAttributes,
  checkStore,
  checkDisk,
  checkSchedules,
];
