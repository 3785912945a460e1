import type { RunningServer } from '../../local/index.ts';
import type { Call } from '../call.ts';
import { confirm } from '../confirm.ts';
import { formatBytes } from '../render/cost-comparison.ts';
import { known } from '../render/output.ts';
import type { Check } from './check.ts';

/** Whether managed dev servers run that no process uses, of any store. Ends those that a person or `--yes` says. */
export const checkLeftovers: Check = async (call) => {
  const name = 'leftover servers';
  try {
    const { endLeftover, findLeftovers } = await import('../../local/index.ts');
    const ended: RunningServer[] = [];
    const left: RunningServer[] = [];
    for (const server of await findLeftovers()) {
      const isGone = (await isToEnd(call, server)) && (await endLeftover(server, call.signal));
      (isGone ? ended : left).push(server);
    }
    const message = [
      ...ended.map((server) => `Ended ${describe(server)}.`),
      ...left.map((server) => `Nothing uses ${describe(server)}.`),
    ].join(' ');
    if (left.length === 0) return { name, level: 'ok', message: message || 'There are none.' };
    const fix = 'To end them, which harms no batch: `hummingbatch doctor --yes`';
    return { name, level: 'hint', message, fix };
  } catch (error) {
    const { message, fix } = known(error);
    return { name, level: 'hint', message: `They cannot be searched: ${message}`, fix };
  }
};

async function isToEnd(call: Call, server: RunningServer): Promise<boolean> {
  if (call.flags.yes) return true;
  return (await confirm(call, `Nothing uses ${describe(server)}. End it?`)) ?? false;
}

function describe({ pid, directory, bytes }: RunningServer): string {
  return `the server of ${directory} (process ${pid}, ${formatBytes(bytes)})`;
}
