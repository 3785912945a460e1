import { z } from 'zod';
import type { Exchange, Reply } from '../http/exchange.ts';

/** Answers a request instead of its handler, before it or after it. `next` is the next fault or the handler. */
export type FaultAction = (
  exchange: Exchange,
  next: (exchange: Exchange) => Promise<Reply>,
) => Promise<Reply>;

/** A kind of fault: its description, its arguments in a plan, and its action. */
interface FaultKind<Shape extends z.ZodRawShape, Does> {
  /** For the documentation, without a full stop. */
  description: string;
  args: z.ZodObject<Shape>;
  /** The fault decides how a request ends. Only one such fault applies to a request; other faults are combined. */
  isFinal?: true;
  /** Binds the arguments of a plan, which were validated before. */
  bind(args: unknown): Does;
}

/** A fault that acts while a request is answered. */
export type RequestFault<Shape extends z.ZodRawShape> = FaultKind<Shape, FaultAction>;

/**
 * A fault that is decided once, when a job, file or row is created, and is kept in its record. So a result has the same
 * bytes however often it is fetched, even under another plan.
 */
export type CreationFault<Shape extends z.ZodRawShape, Given, Kept> = FaultKind<
  Shape,
  (given: Given) => Kept
>;

export function onRequest<const Shape extends z.ZodRawShape>(
  description: string,
  shape: Shape,
  action: (args: z.output<z.ZodObject<Shape>>, ...call: Parameters<FaultAction>) => Promise<Reply>,
): RequestFault<Shape> {
  const args = z.object(shape);
  return {
    description,
    args,
    bind(value) {
      const parsed = args.parse(value);
      return (exchange, next) => action(parsed, exchange, next);
    },
  };
}

/** A request fault that decides how the request ends. */
export function onEndOfRequest<const Shape extends z.ZodRawShape>(
  ...fault: Parameters<typeof onRequest<Shape>>
): RequestFault<Shape> {
  return { ...onRequest(...fault), isFinal: true };
}

export function onCreation<const Shape extends z.ZodRawShape, Given, Kept>(
  description: string,
  shape: Shape,
  keep: (args: z.output<z.ZodObject<Shape>>, given: Given) => Kept,
): CreationFault<Shape, Given, Kept> {
  const args = z.object(shape);
  return {
    description,
    args,
    bind(value) {
      const parsed = args.parse(value);
      return (given) => keep(parsed, given);
    },
  };
}

/** A whole number from 0: bytes, ms, or a count. */
export const Count = z.int().min(0);
