import type { Call } from '../call.ts';
import type { Config } from '../config/config.ts';

/** What a check found out about one thing that a batch needs. */
export interface Finding {
  name: string;
  /** `hint`: batches run without it. `missing`: they do not. */
  level: 'ok' | 'hint' | 'missing';
  message: string;
  /** What to do, with the exact command. */
  fix?: string;
}

/** Checks one thing. It returns a finding and does not throw. */
export type Check = (call: Call, config: Config) => Promise<Finding>;
