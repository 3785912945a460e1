import { formatCost } from '../batch/money.ts';
import {
  type Action,
  availableActions,
  type BatchOptions,
  type BatchProgress,
  describeAction,
  isEnd,
  toCommand,
} from '../contract/index.ts';
import { toMessage } from './action-messages.ts';

/**
 * The current details in the Temporal UI, in Markdown: where the batch stands, why, and what to do now. Times are ISO 8601 in
 * UTC, because the time zone of the reader is not known.
 */
export function formatDetails(progress: BatchProgress, options: BatchOptions): string {
  return [
    ...formatHead(progress),
    ...formatFacts(progress, options),
    '',
    '**What you can do now**',
    '',
    ...availableActions(progress).map((action) => formatAction(action, isEnd(progress.state))),
  ].join('\n');
}

/** A closed workflow takes no messages. */
function formatAction(action: Action, isClosed: boolean): string {
  const message = isClosed ? undefined : toMessage(action);
  return `- \`${toCommand(action)}\`${message ? `, or here: ${message}` : ''}: ${describeAction(action)}`;
}

function formatHead({ batchId, state, stop, quota, endedAt }: BatchProgress): string[] {
  const lines = [`## ${batchId}: ${state}`, ''];
  if (stop) {
    lines.push(
      `**${stop.code}** at the step ${stop.step}, since ${formatTime(stop.since)}: ${escapeMarkdown(stop.message)}`,
      '',
    );
    lines.push(stop.fix, '');
    if (stop.nextTry) lines.push(`It tries again automatically at ${formatTime(stop.nextTry)}.`, '');
  }
  if (quota)
    lines.push(
      `Google is at its limit since ${formatTime(quota.since)}. The batch tries again at ${formatTime(quota.nextTry)}.`,
      '',
    );
  if (endedAt) lines.push(`The batch ended at ${formatTime(endedAt)}.`, '');
  return lines;
}

function formatFacts(progress: BatchProgress, { maxRounds }: BatchOptions): string[] {
  const { model, labels, state, round, job, jobs, outputs, costUsd, maxCostUsd } = progress;
  const { check, lastCheck, nextCheck } = progress;
  const open = outputs.total - outputs.image - outputs.refused - outputs.failed - outputs.missing;
  const facts: [name: string, value: string | undefined][] = [
    ['model', model],
    ['labels', labels?.join(', ')],
    ['round', round > 0 ? `${round}${isEnd(state) ? '' : `, at most ${maxRounds} in a run`}` : undefined],
    ['job', job && `\`${job}\`, ${jobs.find(({ name }) => name === job)?.state ?? 'not checked yet'}`],
    [
      'rows of the job',
      check &&
        `${check.successful} done, ${check.failed} failed, ${check.pending} pending (check ${check.number})`,
    ],
    [
      'last check',
      lastCheck && `${formatTime(lastCheck)}${nextCheck ? `, the next at ${formatTime(nextCheck)}` : ''}`,
    ],
    [
      'outputs',
      `${outputs.image} image, ${outputs.refused} refused, ${outputs.failed} failed, ${outputs.missing} missing, ${open} open; ${outputs.total} in all`,
    ],
    ['cost', formatCost(costUsd, maxCostUsd)],
  ];
  // A list, because the Temporal UI draws tables without space between the columns.
  return facts.flatMap(([name, value]) => (value ? [`- **${name}**: ${value}`] : []));
}

/** Without fractions of a second. */
function formatTime(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z');
}

/** Messages quote Google and file names, which must not be read as Markdown. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>#|~]/g, '\\$&');
}
