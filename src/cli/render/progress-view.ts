import { describeStep } from './describe-step.ts';
import type { Output } from './output.ts';
import type { ProgressView } from './view.ts';

/** On a terminal a bar, or a screen for those who only watch; elsewhere a line for each new step. */
export async function createProgressView(output: Output, kind: 'bar' | 'screen'): Promise<ProgressView> {
  if (!output.isTerminal) return createLines(output);
  const { createScreen, renderBar, renderScreen } = await import('./screen.ts');
  return createScreen(process.stderr, (progress) =>
    kind === 'bar' ? renderBar(progress, output) : renderScreen(progress, output, Date.now()),
  );
}

function createLines(output: Output): ProgressView {
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
