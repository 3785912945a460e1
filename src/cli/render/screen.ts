import { createLogUpdate } from 'log-update';
import { formatCost } from '../../batch/money.ts';
import { type BatchProgress, isEnd } from '../../contract/index.ts';
import { countRows, describeStep } from './describe-step.ts';
import type { Output } from './output.ts';
import { COLOUR, formatState } from './summary.ts';
import { toTerminal } from './terminal-text.ts';
import type { ProgressView } from './view.ts';

/** Times count down, so it is drawn each second. */
const DRAW_INTERVAL_MS = 1_000;
const BAR_WIDTH = 40;

/** Draws lines that stay where they are, and draws them again at each change. For a terminal. */
export function createScreen(
  stream: NodeJS.WriteStream,
  render: (progress: BatchProgress) => string,
): ProgressView {
  const draw = createLogUpdate(stream);
  let last: BatchProgress | undefined;
  const show = () => last && draw(toTerminal(render(last)));
  const timer = setInterval(show, DRAW_INTERVAL_MS);
  return {
    show(progress) {
      last = progress;
      show();
    },
    stop() {
      clearInterval(timer);
      draw.clear();
    },
  };
}

/** A bar and the present step, on one line. */
export function renderBar(progress: BatchProgress, output: Output): string {
  return `${drawBar(progress, output)} ${describeStep(progress)}`;
}

function drawBar(progress: BatchProgress, { paint }: Output): string {
  const { done, total } = countRows(progress);
  const filled = Math.round((BAR_WIDTH * done) / total);
  return `${'█'.repeat(filled)}${paint('dim', '░'.repeat(BAR_WIDTH - filled))}`;
}

/** The state of a batch on a few lines. */
export function renderScreen(progress: BatchProgress, output: Output, now: number): string {
  const { paint } = output;
  const { batchId, state, labels = [], round, job, jobs, outputs, costUsd, maxCostUsd } = progress;
  const { check, lastCheck, nextCheck, startedAt } = progress;
  const { done, total } = countRows(progress);
  const jobState = jobs.find(({ name }) => name === job)?.state;
  const rows: [string, string | undefined][] = [
    ['labels', labels.join(', ')],
    ['job', job && !isEnd(state) ? `${job}${jobState ? `, ${jobState.toLowerCase()}` : ''}` : undefined],
    [
      'check',
      lastCheck &&
        `${check ? `${check.number}, ` : ''}${ago(lastCheck, now)} ago${nextCheck ? `, next in ${until(nextCheck, now)}` : ''}`,
    ],
    [
      'outputs',
      `${outputs.image} of ${outputs.total} are images, ${outputs.refused} refused, ${outputs.failed} failed, ${outputs.missing} missing`,
    ],
    ['cost', formatCost(costUsd, maxCostUsd)],
  ];
  return [
    `${paint('bold', batchId)}  ${paint(COLOUR[state], formatState(state))}  ${round > 0 ? `round ${round}, ` : ''}${ago(startedAt, now)}`,
    `${drawBar(progress, output)}  ${done} of ${total}`,
    // The rows below describe a wait completely.
    ...(state === 'WAITING' && job ? [] : [describeStep(progress)]),
    ...rows.flatMap(([name, value]) => (value ? [`${paint('dim', name.padEnd(8))}${value}`] : [])),
    paint('dim', 'Ctrl-C leaves it.'),
  ].join('\n');
}

function ago(iso: string, now: number): string {
  return spell(now - Date.parse(iso));
}

function until(iso: string, now: number): string {
  return spell(Date.parse(iso) - now);
}

function spell(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
