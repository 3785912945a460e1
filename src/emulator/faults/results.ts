import type { ResultShape } from '../rows/effects.ts';
import { onCreation } from './kind.ts';

/** How the result of a job can be written. */
export const RESULT_FAULTS = {
  shuffled: onCreation(
    'its lines are in no order',
    {},
    (_, random: string): ResultShape => ({ shuffle: random }),
  ),
  crlf: onCreation('its lines end with CR LF', {}, (): ResultShape => ({ crlf: true })),
  'blank-lines': onCreation('an empty line behind each line', {}, (): ResultShape => ({ blankLines: true })),
  'cut-off': onCreation('its last line ends in the middle', {}, (): ResultShape => ({ cutOff: true })),
};
