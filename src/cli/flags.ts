import type { OnUnknownSubmit } from '../contract/index.ts';

export interface FlagSpec {
  /** As it is written on the command line. With a value in `<…>`; without one the flag is a switch. */
  syntax: string;
  help: string;
  /** How the text becomes a value; unset: the text itself, or `true` for a switch. */
  as?: 'number' | 'count' | 'list';
}

/** Every flag of every verb, by the name under which a verb reads it. */
export const FLAGS = {
  json: { syntax: '--json', help: 'one JSON object on stdout' },
  verbose: { syntax: '--verbose', help: "show the worker's log and stack traces" },
  store: { syntax: '--store <folder>', help: 'where batches are kept' },
  emulator: {
    syntax: '--emulator',
    help: 'use an emulated Gemini API and a store of its own: no key, no cost',
  },
  base: { syntax: '--base <file>', help: 'model, defaults, references and run for a JSONL or CSV manifest' },
  model: { syntax: '--model <model>', help: "instead of the manifest's model" },
  aspectRatio: { syntax: '--aspect-ratio <ratio>', help: 'default ratio, such as 4:5' },
  imageSize: { syntax: '--image-size <size>', help: 'default size, such as 2K' },
  count: { syntax: '--count <n>', help: 'default number of images of an item', as: 'count' },
  maxCostUsd: { syntax: '--max-cost-usd <usd>', help: 'the most that all rounds may cost', as: 'number' },
  approveAboveUsd: {
    syntax: '--approve-above-usd <usd>',
    help: 'wait for `approve` above this estimate',
    as: 'number',
  },
  maxRounds: { syntax: '--max-rounds <n>', help: 'rounds in all, the first included', as: 'count' },
  deadline: { syntax: '--deadline <duration>', help: 'the longest a job may take, such as 50h' },
  onUnknownSubmit: {
    syntax: '--on-unknown-submit <what>',
    help: 'reconcile or park, where it is unknown whether a job was made',
  },
  label: {
    syntax: '--label <label>',
    help: 'a label to find batches by, such as team:web; repeatable',
    as: 'list',
  },
  within: { syntax: '--within <duration>', help: 'when the images are needed, such as 1h' },
  sample: { syntax: '--sample <n>', help: 'only the first n items, as a batch of their own', as: 'count' },
  new: { syntax: '--new', help: 'a fresh batch of the same content' },
  yes: { syntax: '--yes', help: 'do not ask' },
  id: { syntax: '--id <id>', help: "the batch's id, instead of one made of name and content" },
  state: { syntax: '--state <list>', help: 'only batches in these states, such as needs-attention' },
  reason: { syntax: '--reason <code>', help: 'only batches that stopped for this, such as disk-full' },
  since: { syntax: '--since <time>', help: 'only batches started since then: 3d, 12h, 2026-11-20' },
  limit: { syntax: '--limit <n>', help: 'at most this many', as: 'count' },
  after: { syntax: '--after <id>', help: 'the page after this one: its `next`' },
  outcome: { syntax: '--outcome <list>', help: 'outputs that are failed, missing, refused or image' },
  flag: { syntax: '--flag <list>', help: 'images with a flag, such as wrong-ratio' },
  no: { syntax: '--no', help: 'refuse the batch' },
  job: { syntax: '--job <name>', help: 'take this job of Google’s, `batches/…`' },
  none: { syntax: '--none', help: 'no job was made: submit another' },
  port: { syntax: '--port <n>', help: 'where to listen', as: 'count' },
  uiPort: { syntax: '--ui-port <n>', help: 'the port of the Temporal UI', as: 'count' },
  jobSeconds: { syntax: '--job-seconds <s>', help: 'how long an emulated job takes', as: 'number' },
  directory: {
    syntax: '--directory <folder>',
    help: 'where the emulator keeps files and jobs between restarts',
  },
  faults: { syntax: '--faults <file>', help: 'a JSON plan of the faults of the emulator' },
  listen: { syntax: '--listen <host:port>', help: 'where the HTTP API listens, such as 127.0.0.1:8480' },
  metrics: {
    syntax: '--metrics <host:port>',
    help: 'serve metrics for Prometheus, such as at 127.0.0.1:9464',
  },
  log: { syntax: '--log <style>', help: 'json or pretty; default: pretty on a terminal, else json' },
  cron: {
    syntax: '--cron <times>',
    help: 'when it fires: minute, hour, day, month, weekday, such as "0 6 * * *"',
  },
  timezone: {
    syntax: '--timezone <zone>',
    help: 'time zone of the cron, such as Europe/Berlin; default: UTC',
  },
  name: {
    syntax: '--name <name>',
    help: "the schedule's name, with which its batches' ids begin; default: the manifest's",
  },
  overlap: {
    syntax: '--overlap <what>',
    help: 'allow or skip a firing while the batch of the firing before runs; default: allow',
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
