import type { Payload } from '@temporalio/common';
import {
  defaultPayloadConverter,
  type PayloadConverter,
} from '@temporalio/common/lib/converter/payload-converter.js';

/** In place of a value that this worker cannot read: no JSON, or an encoding or codec that it does not have. */
export const UNREADABLE = Symbol('a payload that cannot be read');

/**
 * Temporal's own converter, which does not throw. Temporal decodes the arguments of a signal before its handler runs: an error there
 * fails the workflow task, again and again, and nobody can take the signal out of the history.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value: unknown): Payload => defaultPayloadConverter.toPayload(value),
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- Temporal's signature
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch {
      return UNREADABLE as T;
    }
  },
};
