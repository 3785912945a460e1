import type { ACTION } from './answers/actions.ts';
import type { Infer } from './rules.ts';

/**
 * Something that an operator can do next, as data. Each surface renders it in its own words: commands in the terminal,
 * requests in the HTTP API, updates in Temporal's UI.
 *
 * - `retry` continues at the step where the batch stopped. `paysAgain`: the answers of a job that was paid for are gone, and
 *   this submits the round again.
 * - `retry-outputs` makes outputs of an ended batch again, as a new run, which is paid. Without `outcomes`: all that are no
 *   image, except refused ones.
 * - `accept` ends a stopped batch with what it has. `leavesJob`: its job stays at Google and is billed.
 * - `adopt` settles a submission whose answer was lost. Without `job` the operator names one of Google's list; `none` submits
 *   another job.
 * - `set-budget` without `maxCostUsd`: the operator chooses the amount.
 * - `start-batch` with `newId`: under an id that no batch has yet.
 * - `start-local` starts a worker, the HTTP API and, where none is configured, a Temporal dev server.
 */
export type Action = Infer<typeof ACTION>;

/** The discriminator of {@link Action}. */
export type ActionName = Action['action'];

/** One kind of {@link Action}. */
export type ActionOf<Name extends ActionName, Kind extends Action = Action> = Kind extends Action
  ? Name extends Kind['action']
    ? Omit<Kind, 'action'> & { action: Name }
    : never
  : never;

/** How a surface renders each kind of action: the compiler asks for all of them. */
export type ActionTable<Rendered> = { [Name in ActionName]: (action: ActionOf<Name>) => Rendered };

export function renderAction<Rendered>(table: ActionTable<Rendered>, action: Action): Rendered {
  // The name picks the function for this very kind, which the compiler cannot follow.
  return (table[action.action] as (action: Action) => Rendered)(action);
}
