import { cut } from '../batch/foreign-text.ts';
import { MAX_PROBLEMS, MAX_SAID_CHARACTERS } from './limits.ts';
import type { Problem, ProblemCode } from './problem.ts';
import type { Place } from './tree.ts';

export interface Finding {
  code: ProblemCode;
  message: string;
  fix?: string;
  /** Of the item. */
  key?: string;
}

/**
 * Gathers problems; holds at most {@link MAX_PROBLEMS} of them and cuts what they quote, so that a hostile file cannot fill
 * the memory with them.
 */
export interface Report {
  /** A finding that costs something to put in words comes as a function, called only while there is room. */
  add(place: Place, finding: Finding | (() => Finding)): void;
  isEmpty(): boolean;
  /** By file and place, and a last line that says how many more there were. */
  problems(): Problem[];
}

export function createReport(): Report {
  const kept: Problem[] = [];
  let more = 0;
  return {
    add(place, finding) {
      if (kept.length === MAX_PROBLEMS) {
        more += 1;
        return;
      }
      const { code, message, fix, key } = typeof finding === 'function' ? finding() : finding;
      kept.push({
        file: place.source.file,
        ...place.source.position(place.offset),
        ...(key === undefined ? {} : { key: said(key) }),
        code,
        message: said(message),
        ...(fix === undefined ? {} : { fix: said(fix) }),
      });
    },
    isEmpty: () => kept.length === 0,
    problems: () => [...inOrder(kept), ...(more === 0 ? [] : [lastLine(kept, more)])],
  };
}

function said(text: string): string {
  return cut(text, MAX_SAID_CHARACTERS);
}

function inOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

function lastLine([first]: readonly Problem[], more: number): Problem {
  return {
    file: first?.file ?? '',
    code: 'more-problems',
    message: `There are ${more} more problems.`,
    fix: 'Mend these first, then validate again.',
  };
}
