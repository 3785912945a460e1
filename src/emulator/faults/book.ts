import type { FileFate } from '../files/files.ts';
import type { Exchange, Reply } from '../http/exchange.ts';
import type { JobRecord, Picture, Row } from '../jobs/jobs.ts';
import type { ResultShape } from '../rows/effects.ts';
import type { EventFate } from '../webhooks/deliveries.ts';
import type { World } from '../world.ts';
import { type Armed, arm, type Occasion } from './arm.ts';
import type { Strike } from './kind.ts';
import type { FaultName, FaultPlan } from './plan.ts';
import { SUBJECTS } from './subjects.ts';
import { BIRTH_POINTS, REQUEST_POINTS, type RequestPoint } from './table.ts';

type Handler = (exchange: Exchange, world: World) => Promise<Reply>;

export type FaultBook = ReturnType<typeof openFaults>;

/** The plan that holds, how often each of its faults has struck, and the places where they do. */
export function openFaults(first: FaultPlan = { faults: [] }) {
  const fired = new Map<FaultName, number>();
  let plan = first;
  let armed = armAll(first);

  /** The faults that strike, in the order of the plan. Each is asked when its turn comes; all have counted by then. */
  function* strikes<Does>(faults: readonly Armed<Does>[], occasion: Occasion) {
    const chances = faults.map((fault) => ({ fault, chance: fault.meet(occasion) }));
    let ended = false;
    for (const { fault, chance } of chances) {
      if ((fault.ends && ended) || !chance.strikes()) continue;
      ended ||= fault.ends;
      fired.set(fault.name, (fired.get(fault.name) ?? 0) + 1);
      yield { does: fault.does, random: chance.random };
    }
  }

  return {
    plan: () => plan,
    /** By name, over all plans. */
    fired: (): Partial<Record<FaultName, number>> => Object.fromEntries(fired),

    /** Begins to count anew. What earlier plans gave to jobs and files stays theirs. */
    set(next: FaultPlan): void {
      plan = next;
      armed = armAll(next);
    },

    /** Answers a request by its handler, or by what the plan has in its place or around it. */
    async answer(label: string, handler: Handler, exchange: Exchange, world: World): Promise<Reply> {
      const subject = Object.hasOwn(SUBJECTS, label) ? SUBJECTS[label] : undefined;
      const faults = subject ? armed.requests[subject.point] : [];
      if (!subject || faults.length === 0) return handler(exchange, world);
      const struck = strikes(faults, { name: await subject.findName(exchange, world) });
      const go: Parameters<Strike>[1] = (request) => {
        const { value: strike } = struck.next();
        return strike ? strike.does(request, go) : handler(request, world);
      };
      return go(exchange);
    },

    forJob(job: Pick<JobRecord, 'displayName' | 'createTime'>): Partial<JobRecord> {
      const occasion = { name: job.displayName };
      const fate = [...strikes(armed.job, occasion)].map(({ does }) => does(job));
      const shape = [...strikes(armed.result, occasion)].map(({ does, random }) => does(random));
      const kept: Partial<JobRecord> = mergeFirst(fate);
      return shape.length > 0 ? { ...kept, shape: mergeFirst<ResultShape>(shape) } : kept;
    },

    /** The first fault that strikes has the line. */
    forLine(
      { displayName }: Pick<JobRecord, 'displayName'>,
      key: string | undefined,
      picture: Picture,
    ): Pick<Row, 'effect' | 'shape'> {
      const [strike] = strikes(armed.line, { name: displayName, key });
      return strike ? strike.does(picture) : {};
    },

    /** For a file that is about to be uploaded. */
    forFile(name: string | undefined): FileFate {
      return mergeFirst<FileFate>([...strikes(armed.file, { name })].map(({ does }) => does(name)));
    },

    /** For the event of a job's end, once for each endpoint that is told. */
    forEvent({ displayName: name }: Pick<JobRecord, 'displayName'>): EventFate {
      return mergeFirst<EventFate>([...strikes(armed.event, { name })].map(({ does }) => does(name)));
    },
  };
}

/** All that they say; where two say different things, the first. */
function mergeFirst<T extends object>(said: readonly T[]): T {
  return Object.assign({}, ...said.toReversed());
}

function armAll(plan: FaultPlan) {
  const points = Object.entries(REQUEST_POINTS).map(([point, kinds]) => [
    point,
    arm<Strike>(plan, point as RequestPoint, kinds),
  ]);
  return {
    requests: Object.fromEntries(points) as Record<RequestPoint, Armed<Strike>[]>,
    job: arm<(born: Pick<JobRecord, 'createTime'>) => Partial<JobRecord>>(plan, 'job', BIRTH_POINTS.job),
    result: arm<(random: string) => ResultShape>(plan, 'result', BIRTH_POINTS.result),
    line: arm<(picture: Picture) => Pick<Row, 'effect' | 'shape'>>(plan, 'line', BIRTH_POINTS.line),
    file: arm<(name: unknown) => FileFate>(plan, 'file', BIRTH_POINTS.file),
    event: arm<(name: unknown) => EventFate>(plan, 'event', BIRTH_POINTS.event),
  };
}
