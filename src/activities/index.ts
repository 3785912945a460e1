/** The activities: one for each step of a batch. */
import { cancelJob } from './cancel-job.ts';
import { checkJob } from './check-job.ts';
import { cleanUp } from './clean-up.ts';
import { collectRound } from './collect-round.ts';
import { createJob } from './create-job.ts';
import type { ActivityDeps } from './deps.ts';
import { findJob } from './find-job.ts';
import { notify } from './notify.ts';
import { prepare } from './prepare.ts';
import { putScheduled } from './put-scheduled.ts';
import { report } from './report.ts';
import { saveProgress } from './save-progress.ts';
import { stageRound } from './stage-round.ts';
import { activity } from './step.ts';
import type { Turns } from './turns.ts';

export type { ActivityDeps } from './deps.ts';
export { createTurns, type Turns } from './turns.ts';

/** The activities of a worker. Everything from outside comes in through `deps`. The transfers share the turns. */
export function createActivities(deps: ActivityDeps, turns: Turns) {
  return {
    prepare: activity(deps, 'prepare', prepare, turns),
    stageRound: activity(deps, 'stageRound', stageRound, turns),
    findJob: activity(deps, 'findJob', findJob),
    createJob: activity(deps, 'createJob', createJob),
    checkJob: activity(deps, 'checkJob', checkJob),
    collectRound: activity(deps, 'collectRound', collectRound, turns),
    report: activity(deps, 'report', report, turns),
    cancelJob: activity(deps, 'cancelJob', cancelJob),
    cleanUp: activity(deps, 'cleanUp', cleanUp),
    putScheduled: activity(deps, 'putScheduled', putScheduled),
    saveProgress: activity(deps, 'saveProgress', saveProgress),
    notify: activity(deps, 'notify', notify),
  };
}

export type Activities = ReturnType<typeof createActivities>;
