/**
 * The emulator: the Gemini API's files and batches on loopback, for tests, demos and dry runs. It imports nothing of
 * hummingbatch.
 */
export {
  type Fault,
  type FaultLimits,
  type FaultName,
  type FaultPlan,
  FaultPlanError,
  readFaultPlan,
} from './faults/plan.ts';
export { FAULTS } from './faults/table.ts';
export type { EventCounts, JobEntry, Ledger, RefusedRequest, UploadEntry } from './ledger.ts';
export { KEYWORDS, type Keyword } from './rows/keywords.ts';
export { createEmulator, type Emulator, type EmulatorOptions } from './server.ts';
