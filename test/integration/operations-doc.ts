import { readFileSync } from 'node:fs';

/** A command of the runbook and its expected exit code. */
export interface DocCommand {
  text: string;
  exit: number;
}

/** A fenced `sh` block with the scenario that the preceding comment names. */
export interface DocBlock {
  line: number;
  scenario: string | undefined;
  /** Whether the commands are alternatives: each then runs on its own batch. */
  each: boolean;
  commands: DocCommand[];
}

/** A row of the table of stop reasons. */
export interface DocStop {
  code: string;
  anchor: string;
  /** The commands that it recommends. */
  commands: string[];
  isAutomatic: string;
}

const DOC = new URL('../../docs/operations.md', import.meta.url);
const SCENARIO = /^<!-- (each )?runs in: ([\w-]+) -->$/;
const STOP_ROW = /^\| <a id="([\w-]+)"><\/a>`([\w-]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/;
const IS_COMMAND = /^(?:hummingbatch|temporal) /;

export function readOperations(text = readFileSync(DOC, 'utf8')) {
  const lines = text.split('\n');
  return {
    blocks: parseBlocks(lines),
    stops: lines.flatMap(parseStop),
    /** Inline commands in sentences and tables. */
    inline: withoutBlocks(lines)
      .flatMap(codeSpans)
      .filter((span) => IS_COMMAND.test(span)),
  };
}

function parseBlocks(lines: string[]): DocBlock[] {
  return lines.flatMap((line, index) => {
    if (!/^```(sh|bash|shell|console)\b/.test(line)) return [];
    const end = lines.indexOf('```', index);
    const [, each, scenario] = SCENARIO.exec(lines[index - 1] ?? '') ?? [];
    const commands = lines.slice(index + 1, end).flatMap(parseCommand);
    return [{ line: index + 1, scenario, each: each !== undefined, commands }];
  });
}

function parseCommand(text: string): DocCommand[] {
  if (/^\s*(#|$)/.test(text)) return [];
  return [{ text, exit: Number(/# exit (\d+)$/.exec(text)?.[1] ?? 0) }];
}

function parseStop(line: string): DocStop[] {
  const [, anchor = '', code = '', todo = '', isAutomatic = ''] = STOP_ROW.exec(line) ?? [];
  if (!code) return [];
  return [{ anchor, code, isAutomatic, commands: codeSpans(todo).filter((span) => IS_COMMAND.test(span)) }];
}

function codeSpans(line: string): string[] {
  return [...line.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
}

function withoutBlocks(lines: string[]): string[] {
  let inside = false;
  return lines.filter((line) => {
    const fence = line.startsWith('```');
    if (fence) inside = !inside;
    return !inside && !fence;
  });
}
