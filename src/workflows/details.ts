import type { BatchProgress } from '../contract/index.ts';

/** The page that the Temporal UI shows as current details: where the batch stands and what a person can do now. */
export function detailsOf(progress: BatchProgress): string {
  const { batchId, state, round, job, jobs, outputs, costUsd, check, lastCheck, nextCheck, stop, quota } =
    progress;
  const lines = [`## ${batchId}: ${state}`, ''];
  if (stop)
    lines.push(
      `**${stop.message}**`,
      '',
      stop.fix,
      ...(stop.nextTry ? ['', `It tries again by itself at ${stop.nextTry}.`] : []),
      '',
    );
  if (quota)
    lines.push(`Google is at its limit since ${quota.since}; the next try is at ${quota.nextTry}.`, '');
  lines.push('| | |', '|---|---|');
  lines.push(
    `| outputs | ${outputs.image} of ${outputs.total} are there; refused ${outputs.refused}, failed ${outputs.failed}, missing ${outputs.missing} |`,
  );
  if (round > 0) lines.push(`| round | ${round} |`);
  if (job)
    lines.push(
      `| job | \`${job}\`, ${jobs.find(({ name }) => name === job)?.state ?? 'not looked at yet'} |`,
    );
  if (check)
    lines.push(`| rows | ${check.successful} done, ${check.failed} failed, ${check.pending} waiting |`);
  if (lastCheck) lines.push(`| last check | ${lastCheck}${nextCheck ? `, next ${nextCheck}` : ''} |`);
  lines.push(
    `| cost | ${costUsd.actual.toFixed(2)} USD so far, ${costUsd.estimated.toFixed(2)} USD estimated |`,
  );
  return lines.join('\n');
}
