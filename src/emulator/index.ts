/** The Gemini API's files and batches on loopback: for tests, demos and dry runs. It knows nothing of hummingbatch. */
export { KEYWORDS, type Keyword } from './keywords.ts';
export type { Complaint, JobEntry, Ledger, UploadEntry } from './ledger.ts';
export { createEmulator, type Emulator, type EmulatorOptions } from './server.ts';
