import type { FileFaults } from '../files/files.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import type { JobRecord, Picture, Row } from '../jobs/jobs.ts';
import type { ResultShape } from '../rows/effects.ts';
import type { EventFaults } from '../webhooks/deliveries.ts';
import { type ArmedFault, armFaults, type FaultTarget } from './arm.ts';
import type { FaultAction } from './kind.ts';
import type { FaultName, FaultPlan } from './plan.ts';
import { CREATION_POINTS, REQUEST_POINTS, type RequestPoint } from './table.ts';

/** A request that faults can affect. */
export interface RequestTarget {
  point: RequestPoint;
  /** The display name of the job or file that the request is about. */
  findName: () => Promise<string | undefined>;
}

export type FaultBook = ReturnType<typeof openFaults>;

/** Holds the current fault plan, counts how often each fault has fired, and applies the faults. */
export function openFaults(first: FaultPlan = { faults: [] }) {
  const fired = new Map<FaultName, number>();
  let plan = first;
  let armed = armAll(first);

  /**
   * Yields the faults that fire, in the order of the plan. All faults count the target first; whether one fires is
   * decided when its turn comes.
   */
  function* fire<Action>(faults: readonly ArmedFault<Action>[], target: FaultTarget) {
    const draws = faults.map((fault) => ({ fault, draw: fault.count(target) }));
    let ended = false;
    for (const { fault, draw } of draws) {
      if ((fault.isFinal && ended) || !draw.fires()) continue;
      ended ||= fault.isFinal;
      fired.set(fault.name, (fired.get(fault.name) ?? 0) + 1);
      yield { action: fault.action, random: draw.random };
    }
  }

  return {
    plan: () => plan,
    /** How often each fault has fired, over all plans. */
    fired: (): Partial<Record<FaultName, number>> => Object.fromEntries(fired),

    /** Replaces the plan and starts counting at 0. Jobs and files keep what earlier plans did to them. */
    set(next: FaultPlan): void {
      plan = next;
      armed = armAll(next);
    },

    /** Answers a request with its handler and the faults that fire. */
    async answer(
      target: RequestTarget | undefined,
      handler: Parameters<FaultAction>[1],
      exchange: Exchange,
    ): Promise<Reply> {
      const faults = target ? armed.requests[target.point] : [];
      if (!target || faults.length === 0) return handler(exchange);
      const fired = fire(faults, { name: await target.findName() });
      const next: Parameters<FaultAction>[1] = (request) => {
        const { value: fault } = fired.next();
        return fault ? fault.action(request, next) : handler(request);
      };
      return next(exchange);
    },

    forJob(job: Pick<JobRecord, 'displayName' | 'createTime'>): Partial<JobRecord> {
      const target = { name: job.displayName };
      const changes = [...fire(armed.job, target)].map(({ action }) => action(job));
      const shape = [...fire(armed.result, target)].map(({ action, random }) => action(random));
      const kept: Partial<JobRecord> = mergeFirst(changes);
      return shape.length > 0 ? { ...kept, shape: mergeFirst<ResultShape>(shape) } : kept;
    },

    /** The first fault that fires decides the line. */
    forLine(
      { displayName }: Pick<JobRecord, 'displayName'>,
      key: string | undefined,
      picture: Picture,
    ): Pick<Row, 'effect' | 'shape'> {
      const [fault] = fire(armed.line, { name: displayName, key });
      return fault ? fault.action(picture) : {};
    },

    /** For a file whose upload starts. */
    forFile(name: string | undefined): FileFaults {
      return mergeFirst<FileFaults>([...fire(armed.file, { name })].map(({ action }) => action(name)));
    },

    /** For the event of a job's end, once for each endpoint. */
    forEvent({ displayName: name }: Pick<JobRecord, 'displayName'>): EventFaults {
      return mergeFirst<EventFaults>([...fire(armed.event, { name })].map(({ action }) => action(name)));
    },
  };
}

/** Merges objects; the first one that has a field wins. */
function mergeFirst<T extends object>(parts: readonly T[]): T {
  return Object.assign({}, ...parts.toReversed());
}

function armAll(plan: FaultPlan) {
  const points = Object.entries(REQUEST_POINTS).map(([point, kinds]) => [
    point,
    armFaults<FaultAction>(plan, point as RequestPoint, kinds),
  ]);
  return {
    requests: Object.fromEntries(points) as Record<RequestPoint, ArmedFault<FaultAction>[]>,
    job: armFaults<(created: Pick<JobRecord, 'createTime'>) => Partial<JobRecord>>(
      plan,
      'job',
      CREATION_POINTS.job,
    ),
    result: armFaults<(random: string) => ResultShape>(plan, 'result', CREATION_POINTS.result),
    line: armFaults<(picture: Picture) => Pick<Row, 'effect' | 'shape'>>(plan, 'line', CREATION_POINTS.line),
    file: armFaults<(name: unknown) => FileFaults>(plan, 'file', CREATION_POINTS.file),
    event: armFaults<(name: unknown) => EventFaults>(plan, 'event', CREATION_POINTS.event),
  };
}
