import type { ResultShape } from '../rows/effects.ts';
import { onCreation } from './kind.ts';

/** Faults of the result file of a job. */
export const RESULT_FAULTS = {
  shuffled: onCreation(
    'its lines are shuffled',
    {},
    (_, random: string): ResultShape => ({ shuffle: random }),
  ),
  crlf: onCreation('its lines end with CR LF', {}, (): ResultShape => ({ crlf: true })),
  'blank-lines': onCreation('an empty line after each line', {}, (): ResultShape => ({ blankLines: true })),
  'cut-off': onCreation('its last line is cut off in the middle', {}, (): ResultShape => ({ cutOff: true })),
};
