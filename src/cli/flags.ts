import type { OnUnknownSubmit } from '../contract/index.ts';

export interface FlagSpec {
  /** As it is written on the command line. With a value in `<…>`; without one the flag is a switch. */
  syntax: string;
  says: string;
  /** How the text becomes a value; unset: the text itself, or `true` for a switch. */
  as?: 'number' | 'count' | 'list';
}

/** Every flag of every verb, by the name under which a verb reads it. */
export const FLAGS = {
  json: { syntax: '--json', says: 'one JSON object on stdout' },
  verbose: { syntax: '--verbose', says: "show the worker's log and stack traces" },
  store: { syntax: '--store <folder>', says: 'where batches are kept' },
  emulator: {
    syntax: '--emulator',
    says: 'pretend: an emulated Gemini API and a store of its own, no key, no cost',
  },
  base: { syntax: '--base <file>', says: 'model, defaults, references and run for a JSONL or CSV manifest' },
  model: { syntax: '--model <model>', says: "in place of the manifest's model" },
  aspectRatio: { syntax: '--aspect-ratio <ratio>', says: 'default ratio, such as 4:5' },
  imageSize: { syntax: '--image-size <size>', says: 'default size, such as 2K' },
  count: { syntax: '--count <n>', says: 'default number of images of an item', as: 'count' },
  maxCostUsd: { syntax: '--max-cost-usd <usd>', says: 'never spend more, over all rounds', as: 'number' },
  approveAboveUsd: {
    syntax: '--approve-above-usd <usd>',
    says: 'wait for `approve` above this estimate',
    as: 'number',
  },
  maxRounds: { syntax: '--max-rounds <n>', says: 'rounds in all, the first included', as: 'count' },
  deadline: { syntax: '--deadline <duration>', says: 'the longest a job may take, such as 50h' },
  onUnknownSubmit: {
    syntax: '--on-unknown-submit <what>',
    says: 'reconcile or park, when nobody can say whether a job was made',
  },
  label: {
    syntax: '--label <label>',
    says: 'what batches are found by, such as team:web; may be given several times',
    as: 'list',
  },
  within: { syntax: '--within <duration>', says: 'when the images are wanted, such as 1h' },
  sample: { syntax: '--sample <n>', says: 'only the first n items, as a batch of their own', as: 'count' },
  new: { syntax: '--new', says: 'a fresh batch of the same content' },
  yes: { syntax: '--yes', says: 'do not ask' },
  id: { syntax: '--id <id>', says: "the batch's id, in place of one from name and content" },
  state: { syntax: '--state <list>', says: 'only batches in these states, such as needs-attention' },
  reason: { syntax: '--reason <code>', says: 'only batches that stopped for this, such as disk-full' },
  since: { syntax: '--since <time>', says: 'only batches begun since then: 3d, 12h, 2026-11-20' },
  limit: { syntax: '--limit <n>', says: 'at most this many', as: 'count' },
  after: { syntax: '--after <id>', says: 'the page after this one: its `next`' },
  outcome: { syntax: '--outcome <list>', says: 'outputs that are failed, missing, refused or image' },
  flag: { syntax: '--flag <list>', says: 'images with a flag, such as wrong-ratio' },
  no: { syntax: '--no', says: 'refuse the batch' },
  job: { syntax: '--job <name>', says: 'take this job, `batches/…`' },
  none: { syntax: '--none', says: 'no job was made: make one' },
  port: { syntax: '--port <n>', says: 'where to listen', as: 'count' },
  uiPort: { syntax: '--ui-port <n>', says: 'the port of the Temporal UI', as: 'count' },
  jobSeconds: { syntax: '--job-seconds <s>', says: 'how long an emulated job takes', as: 'number' },
  directory: {
    syntax: '--directory <folder>',
    says: 'where the emulator keeps files and jobs, over restarts',
  },
  faults: { syntax: '--faults <file>', says: 'a JSON plan of what goes wrong in the emulator' },
  listen: { syntax: '--listen <host:port>', says: 'where the HTTP API listens, such as 127.0.0.1:8480' },
  metrics: {
    syntax: '--metrics <host:port>',
    says: 'serve metrics for Prometheus, such as at 127.0.0.1:9464',
  },
  log: { syntax: '--log <style>', says: 'json or pretty; unset: pretty on a terminal' },
  cron: {
    syntax: '--cron <times>',
    says: 'when it fires: minute, hour, day, month, weekday, such as "0 6 * * *"',
  },
  timezone: { syntax: '--timezone <zone>', says: 'of the cron, such as Europe/Berlin; unset: UTC' },
  name: {
    syntax: '--name <name>',
    says: "the schedule's name, which begins the ids of its batches; unset: the manifest's",
  },
  overlap: {
    syntax: '--overlap <what>',
    says: 'allow or skip a firing while the batch of the one before is on its way; unset: allow',
  },
} as const satisfies Record<string, FlagSpec>;

export type FlagName = keyof typeof FLAGS;

/** The value of a flag, by its row in {@link FLAGS}. */
type FlagValue<Spec extends FlagSpec> = Spec extends { as: 'list' }
  ? string[]
  : Spec extends { as: 'number' | 'count' }
    ? number
    : Spec['syntax'] extends `${string} <${string}>`
      ? string
      : boolean;

/** The flags of a call. `no` is `false` where `--no` was given. */
export type Flags = {
  [Name in Exclude<FlagName, 'onUnknownSubmit'>]?: FlagValue<(typeof FLAGS)[Name]>;
} & {
  /** Checked with the manifest, whose field it replaces. */
  onUnknownSubmit?: OnUnknownSubmit;
};

/** Flags that lead to a store. */
export const PLACE: readonly FlagName[] = ['store', 'emulator'];

/** Flags that replace a field of the manifest, under the same names. */
export const OVERRIDES = [
  'model',
  'aspectRatio',
  'imageSize',
  'count',
  'maxCostUsd',
  'approveAboveUsd',
  'maxRounds',
  'deadline',
  'onUnknownSubmit',
] as const satisfies readonly FlagName[];

/** Flags of verbs that take a manifest. */
export const MANIFEST: readonly FlagName[] = ['base', ...OVERRIDES, 'label'];

/** Flags that filter batches. */
export const CHOICE: readonly FlagName[] = ['state', 'reason', 'model', 'label', 'since'];
