import { cut } from '../batch/foreign-text.ts';
import { MAX_MESSAGE_CHARACTERS, MAX_PROBLEMS } from './limits.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { createFindNearest, type FindNearest } from './suggest.ts';
import type { Place } from './tree.ts';

export interface Finding {
  code: ProblemCode;
  message: string;
  fix?: string;
  /** The key of the item. */
  key?: string;
}

/** A finding, or a function that builds it: called only if the problem is kept, with the search for suggestions. */
export type LazyFinding = Finding | ((findNearest: FindNearest) => Finding);

/**
 * Collects problems. Keeps at most {@link MAX_PROBLEMS} of them and truncates their texts, so that a hostile file cannot
 * fill the memory.
 */
export interface Report {
  /** Adds a problem. Pass a function if the finding has a suggestion or is expensive to build. */
  add(place: Place, finding: LazyFinding): void;
  isEmpty(): boolean;
  /** The problems sorted by file and place. If some were dropped, the last one says how many. */
  problems(): Problem[];
}

/** The two reports of one manifest, with one limit on the work for suggestions. Warnings do not prevent a run. */
export interface Reports {
  problems: Report;
  warnings: Report;
}

export function createReports(): Reports {
  const findNearest = createFindNearest();
  return { problems: createReport(findNearest), warnings: createReport(findNearest) };
}

/** The result for a manifest that is invalid. */
export function failWith({ problems, warnings }: Reports) {
  return { ok: false as const, problems: problems.problems(), warnings: warnings.problems() };
}

function createReport(findNearest: FindNearest): Report {
  const kept: Problem[] = [];
  let more = 0;
  return {
    add(place, finding) {
      if (kept.length === MAX_PROBLEMS) {
        more += 1;
        return;
      }
      const { code, message, fix, key } = buildFinding(finding, findNearest);
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

export function buildFinding(finding: LazyFinding, findNearest = createFindNearest()): Finding {
  return typeof finding === 'function' ? finding(findNearest) : finding;
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
