/** What crosses a border: input, options, messages, states, records, error codes. Types, constants, and one reader. */

export * from './action-commands.ts';
export * from './actions.ts';
export * from './available-actions.ts';
export * from './batch-id.ts';
export * from './check.ts';
export * from './duration.ts';
export * from './errors.ts';
export * from './failure-details.ts';
export * from './input.ts';
export * from './labels.ts';
export * from './manifest.ts';
export * from './messages.ts';
export * from './notify.ts';
export * from './options.ts';
export * from './progress.ts';
export * from './record.ts';
export * from './report.ts';
export * from './schedule.ts';
export * from './words.ts';
