import type { Overlap } from '../contract/index.ts';
import type { ScheduleStatus } from './list-schedules.ts';
import type { NormalisedRequest, StartRequest } from './start.ts';

/** When a schedule fires, and what of firings that overlap. */
export interface ScheduleTimes {
  /**
   * As cron spells it: minute, hour, day of month, month, day of week (`0 6 * * MON-FRI`); with six fields the year comes last, with
   * seven the second first. `@daily`, `@every 12h` and their like are understood, too.
   */
  cron: string;
  /** An IANA name, such as `Europe/Berlin`. Default `UTC`. */
  timezone?: string;
  /** Default `allow`: each firing makes a batch. `skip`: none while the batch of the firing before is still on its way. */
  overlap?: Overlap;
}

/** What is to be made, and when. */
export interface ScheduleRequest
  extends ScheduleTimes,
    Pick<StartRequest, 'manifest' | 'folder' | 'options'> {
  /** Begins the ids of its batches: at most 44 lower-case letters, digits and `-`. Unset: made of the manifest's name. */
  name?: string;
}

/** The same with a manifest that is normalised already. */
export interface NormalisedScheduleRequest
  extends ScheduleTimes,
    Pick<NormalisedRequest, 'manifest' | 'references' | 'fingerprint' | 'options'> {
  /** See {@link ScheduleRequest}. */
  name?: string;
}

export interface CreatedSchedule extends ScheduleStatus {
  /** It was there before, the same in all that was asked for; nothing was changed. */
  attached: boolean;
}

export interface Triggered {
  /** The batch of the firing; absent where Temporal had not said so within 5 s: `list` shows it. */
  batchId?: string;
}
