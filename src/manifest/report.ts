import { cut } from '../batch/foreign-text.ts';
import { MAX_MESSAGE_CHARACTERS, MAX_PROBLEMS } from './limits.ts';
import type { Problem, ProblemCode } from './problem.ts';
import type { Place } from './tree.ts';

export interface Finding {
  code: ProblemCode;
  message: string;
  fix?: string;
  /** The key of the item. */
  key?: string;
}

/**
 * Collects problems. Keeps at most {@link MAX_PROBLEMS} of them and truncates their texts, so that a hostile file cannot
 * fill the memory.
 */
export interface Report {
  /** Adds a problem. Pass a function if the finding is expensive to build: it is called only if the report has room. */
  add(place: Place, finding: Finding | (() => Finding)): void;
  isEmpty(): boolean;
  /** The problems sorted by file and place. If some were dropped, the last one says how many. */
  problems(): Problem[];
}

/** The two reports of one manifest. Warnings do not prevent a run. */
export interface Reports {
  problems: Report;
  warnings: Report;
}

export function createReports(): Reports {
  return { problems: createReport(), warnings: createReport() };
}

/** The result for a manifest that is invalid. */
export function failWith({ problems, warnings }: Reports) {
  return { ok: false as const, problems: problems.problems(), warnings: warnings.problems() };
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
        ...(key === undefined ? {} : { key: truncate(key) }),
        code,
        message: truncate(message),
        ...(fix === undefined ? {} : { fix: truncate(fix) }),
      });
    },
    isEmpty: () => kept.length === 0,
    problems: () => [...sortByPlace(kept), ...(more === 0 ? [] : [countRemaining(kept, more)])],
  };
}

function truncate(text: string): string {
  return cut(text, MAX_MESSAGE_CHARACTERS);
}

function sortByPlace(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

function countRemaining([first]: readonly Problem[], more: number): Problem {
  return {
    file: first?.file ?? '',
    code: 'more-problems',
    message: `${more} more problems were found.`,
    fix: 'Fix the problems above, then validate again.',
  };
}
