import type { ResultShape } from '../rows/effects.ts';
import { onBirth } from './kind.ts';

/** How the result of a job can be written. */
export const RESULT_FAULTS = {
  shuffled: onBirth(
    'its lines are in no order',
    {},
    (_, random: string): ResultShape => ({ shuffle: random }),
  ),
  crlf: onBirth('its lines end with CR LF', {}, (): ResultShape => ({ crlf: true })),
  'blank-lines': onBirth('an empty line behind each line', {}, (): ResultShape => ({ blankLines: true })),
  'cut-off': onBirth('its last line ends in the middle', {}, (): ResultShape => ({ cutOff: true })),
};
