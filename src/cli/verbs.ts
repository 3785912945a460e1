import type { Verb } from './call.ts';
import { CHOICE, type FlagName, MANIFEST, PLACE } from './flags.ts';
import { SCHEDULE } from './schedule-verbs.ts';

/** A verb of the command line, and where its code is: loaded only when it is called. */
export interface VerbSpec {
  name: string;
  /** In commander's spelling. */
  args?: string;
  summary: string;
  /** One line that can be typed as it stands. */
  example: string;
  flags: readonly FlagName[];
  load: () => Promise<{ verb: Verb }>;
}

/** Verbs about one thing, written as two words: `schedule create`. */
export interface VerbGroup extends Omit<VerbSpec, 'args' | 'flags' | 'load'> {
  verbs: readonly VerbSpec[];
}

export const VERBS: readonly (VerbSpec | VerbGroup)[] = [
  {
    name: 'init',
    args: '[folder]',
    summary: 'write a manifest that runs, from a folder of images where one is given',
    example: 'hummingbatch init ./photos',
    flags: [],
    load: () => import('./verbs/init.ts'),
  },
  {
    name: 'validate',
    args: '<manifest>',
    summary: 'list all problems of a manifest; nobody is called',
    example: 'hummingbatch validate manifest.yaml',
    flags: [...PLACE, ...MANIFEST],
    load: () => import('./verbs/validate.ts'),
  },
  {
    name: 'estimate',
    args: '<manifest>',
    summary: 'say what a batch will cost and how long it takes; nobody is called',
    example: 'hummingbatch estimate manifest.yaml --within 6h',
    flags: [...PLACE, ...MANIFEST, 'within', 'sample'],
    load: () => import('./verbs/estimate.ts'),
  },
  {
    name: 'run',
    args: '<manifest>',
    summary: 'make the images: submit, show progress, fetch; called again it goes on where it stood',
    example: 'hummingbatch run manifest.yaml --emulator',
    flags: [...PLACE, ...MANIFEST, 'within', 'sample', 'new', 'id', 'yes'],
    load: () => import('./verbs/run.ts'),
  },
  {
    name: 'submit',
    args: '<manifest>',
    summary: 'start a batch and return; a worker elsewhere makes it',
    example: 'hummingbatch submit manifest.yaml --json',
    flags: [...PLACE, ...MANIFEST, 'sample', 'new', 'id'],
    load: () => import('./verbs/submit.ts'),
  },
  {
    name: 'status',
    args: '<id>',
    summary: 'say where a batch stands and what goes on',
    example: 'hummingbatch status autumn-catalogue-3f9a1c02',
    flags: PLACE,
    load: () => import('./verbs/status.ts'),
  },
  {
    name: 'watch',
    args: '<id>',
    summary: 'follow a batch to its end or next stop',
    example: 'hummingbatch watch autumn-catalogue-3f9a1c02',
    flags: PLACE,
    load: () => import('./verbs/watch.ts'),
  },
  {
    name: 'list',
    summary: 'list the batches of the store, the newest first',
    example: 'hummingbatch list --state needs-attention',
    flags: [...PLACE, ...CHOICE, 'limit', 'after'],
    load: () => import('./verbs/list.ts'),
  },
  {
    name: 'results',
    args: '<id>',
    summary: 'list what became of each output',
    example: 'hummingbatch results autumn-catalogue-3f9a1c02',
    flags: PLACE,
    load: () => import('./verbs/results.ts'),
  },
  {
    name: 'retry',
    args: '[id] [keys...]',
    summary:
      'go on with a stopped batch, or make outputs of an ended one again; or with many: --state, --reason',
    example: 'hummingbatch retry --state needs-attention --reason disk-full',
    flags: [...PLACE, 'outcome', 'flag', ...CHOICE, 'yes'],
    load: () => import('./verbs/retry.ts'),
  },
  {
    name: 'approve',
    args: '<id>',
    summary: 'let an expensive batch go, or refuse it',
    example: 'hummingbatch approve autumn-catalogue-3f9a1c02',
    flags: [...PLACE, 'no'],
    load: () => import('./verbs/approve.ts'),
  },
  {
    name: 'accept',
    args: '<id>',
    summary: 'end a stopped batch with what is there',
    example: 'hummingbatch accept autumn-catalogue-3f9a1c02',
    flags: PLACE,
    load: () => import('./verbs/accept.ts'),
  },
  {
    name: 'adopt',
    args: '<id>',
    summary: 'settle a submission whose answer was lost',
    example: 'hummingbatch adopt autumn-catalogue-3f9a1c02 --job batches/abc123',
    flags: [...PLACE, 'job', 'none'],
    load: () => import('./verbs/adopt.ts'),
  },
  {
    name: 'set-budget',
    args: '<id>',
    summary: 'change what a batch may cost; one that stopped for it goes on',
    example: 'hummingbatch set-budget autumn-catalogue-3f9a1c02 --max-cost-usd 60',
    flags: [...PLACE, 'maxCostUsd'],
    load: () => import('./verbs/set-budget.ts'),
  },
  {
    name: 'check-now',
    args: '<id>',
    summary: 'ask Google now instead of at the next check',
    example: 'hummingbatch check-now autumn-catalogue-3f9a1c02',
    flags: PLACE,
    load: () => import('./verbs/check-now.ts'),
  },
  {
    name: 'cancel',
    args: '<id>',
    summary: 'cancel a batch; what its job has finished is kept',
    example: 'hummingbatch cancel autumn-catalogue-3f9a1c02',
    flags: PLACE,
    load: () => import('./verbs/cancel.ts'),
  },
  SCHEDULE,
  {
    name: 'up',
    summary: 'one machine, everything: a Temporal server with its pages, a worker, the HTTP API',
    example: 'hummingbatch up',
    flags: [...PLACE, 'port', 'uiPort', 'listen', 'metrics', 'log'],
    load: () => import('./verbs/up.ts'),
  },
  {
    name: 'worker',
    summary: 'only a worker, for the Temporal server that is there',
    example: 'hummingbatch worker --store /srv/hummingbatch --metrics 127.0.0.1:9464',
    flags: [...PLACE, 'metrics', 'log'],
    load: () => import('./verbs/worker.ts'),
  },
  {
    name: 'api',
    summary: 'only the HTTP API, for the Temporal server that is there',
    example: 'hummingbatch api --listen 127.0.0.1:8480',
    flags: [...PLACE, 'listen', 'log'],
    load: () => import('./verbs/api.ts'),
  },
  {
    name: 'emulator',
    summary: 'only the emulated Gemini API',
    example: 'hummingbatch emulator --port 9000 --job-seconds 20',
    flags: ['port', 'jobSeconds', 'directory', 'faults'],
    load: () => import('./verbs/emulator.ts'),
  },
  {
    name: 'temporal',
    summary: 'only the Temporal server of the store, with its pages',
    example: 'hummingbatch temporal',
    flags: [...PLACE, 'port', 'uiPort'],
    load: () => import('./verbs/temporal.ts'),
  },
  {
    name: 'doctor',
    summary: 'say what is missing: key, server, search attributes, store, disk, firings of schedules',
    example: 'hummingbatch doctor',
    flags: [...PLACE, 'model'],
    load: () => import('./verbs/doctor.ts'),
  },
];
