import { countRows, describeStep } from './describe-step.ts';
import type { Output } from './output.ts';
import type { ProgressView } from './progress-view.ts';

/** On a terminal a bar, or a screen for who only looks; elsewhere a line whenever something changed. */
export async function createProgressView(output: Output, kind: 'bar' | 'screen'): Promise<ProgressView> {
  if (!output.isTerminal) return lines(output);
  if (kind === 'bar') return bar();
  const { createScreen } = await import('./screen.ts');
  return createScreen(output, process.stderr);
}

async function bar(): Promise<ProgressView> {
  const { default: cliProgress } = await import('cli-progress');
  const view = new cliProgress.SingleBar(
    {
      format: '{bar} {what}',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  let running = false;
  return {
    show(progress) {
      const { done, total } = countRows(progress);
      const what = describeStep(progress);
      if (running) view.setTotal(total);
      else view.start(total, done, { what });
      running = true;
      view.update(done, { what });
    },
    stop: () => running && view.stop(),
  };
}

function lines(output: Output): ProgressView {
  let last = '';
  return {
    show(progress) {
      const line = describeStep(progress);
      if (line !== last) output.say(line);
      last = line;
    },
    stop: () => undefined,
  };
}
