import { MANIFEST, PLACE } from './flags.ts';
import type { VerbGroup } from './verb-spec.ts';

export const SCHEDULE: VerbGroup = {
  name: 'schedule',
  summary: 'make batches at set times',
  example: 'hummingbatch schedule create --cron "0 6 * * *" manifest.yaml',
  verbs: [
    {
      name: 'create',
      args: '<manifest>',
      summary: 'create a schedule: each firing makes a batch of its own',
      example: 'hummingbatch schedule create --cron "0 6 * * MON-FRI" --timezone Europe/Berlin manifest.yaml',
      flags: ['cron', 'timezone', 'name', 'overlap', ...PLACE, ...MANIFEST, 'yes'],
      load: () => import('./verbs/schedule/create.ts'),
    },
    {
      name: 'list',
      summary: 'list the schedules of the store: times, last batch, missed firings',
      example: 'hummingbatch schedule list',
      flags: PLACE,
      load: () => import('./verbs/schedule/list.ts'),
    },
    {
      name: 'pause',
      args: '<name>',
      summary: 'pause a schedule until it is resumed; running batches continue',
      example: 'hummingbatch schedule pause daily-catalogue',
      flags: PLACE,
      load: () => import('./verbs/schedule/pause.ts'),
    },
    {
      name: 'resume',
      args: '<name>',
      summary: 'resume a paused schedule',
      example: 'hummingbatch schedule resume daily-catalogue',
      flags: PLACE,
      load: () => import('./verbs/schedule/resume.ts'),
    },
    {
      name: 'trigger',
      args: '<name>',
      summary: 'fire a schedule now, regardless of its times',
      example: 'hummingbatch schedule trigger daily-catalogue',
      flags: PLACE,
      load: () => import('./verbs/schedule/trigger.ts'),
    },
    {
      name: 'delete',
      args: '<name>',
      summary: 'delete a schedule; running batches continue',
      example: 'hummingbatch schedule delete daily-catalogue',
      flags: PLACE,
      load: () => import('./verbs/schedule/delete.ts'),
    },
  ],
};
