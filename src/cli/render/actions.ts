import {
  type Action,
  type ActionName,
  availableActions,
  type BatchProgress,
  describeAction,
  toCommand,
} from '../../contract/index.ts';
import { type PlaceFlags, withPlace } from '../commands.ts';

/** These take no store. */
const STORELESS: readonly ActionName[] = ['init', 'help'];

/** The command that carries out an action on the same store. */
export function formatAction(action: Action, flags: PlaceFlags): string {
  const command = toCommand(action);
  return STORELESS.includes(action.action) ? command : withPlace(command, flags);
}

/** A line for each action: the command, and what it results in. */
export function describeActions(actions: readonly Action[], flags: PlaceFlags): string[] {
  const commands = actions.map((action) => formatAction(action, flags));
  const width = Math.max(...commands.map(({ length }) => length));
  return actions.map((action, index) => `  ${commands[index]?.padEnd(width)}  ${describeAction(action)}`);
}

/** Actions as `--json` prints them: the data, and the command for the same store. */
export function actionsJson(actions: readonly Action[], flags: PlaceFlags) {
  return actions.map((action) => ({ ...action, command: formatAction(action, flags) }));
}

/** The command that most likely is next for a batch; undefined where nothing is left to do. */
export function nextCommand(progress: BatchProgress, flags: PlaceFlags): string | undefined {
  const [first] = availableActions(progress);
  return first && progress.state !== 'COMPLETED' ? formatAction(first, flags) : undefined;
}
