/** What crosses a border: workflow input, messages, states, records, error codes. Types and constants. */

export * from './action-commands.ts';
export * from './actions.ts';
export * from './available-actions.ts';
export * from './batch-id.ts';
export * from './errors.ts';
export * from './failure-details.ts';
export * from './input.ts';
export * from './labels.ts';
export * from './manifest.ts';
export * from './messages.ts';
export * from './notify.ts';
export * from './progress.ts';
export * from './record.ts';
export * from './report.ts';
export * from './schedule.ts';
export * from './words.ts';
