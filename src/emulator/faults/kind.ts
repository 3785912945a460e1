import { z } from 'zod';
import type { Exchange, Reply } from '../http/exchange.ts';

/** Answers a request in place of its handler, before it, or after it; `next` is what would have answered. */
export type FaultAction = (
  exchange: Exchange,
  next: (exchange: Exchange) => Promise<Reply>,
) => Promise<Reply>;

/** A kind of fault: what it does in words, what a plan can say about it, and what it does. */
interface FaultKind<Shape extends z.ZodRawShape, Does> {
  /** For the documentation; ends without a full stop. */
  description: string;
  args: z.ZodObject<Shape>;
  /** It decides how a request ends. Of such faults a request has one; all others add up. */
  isFinal?: true;
  /** The fault with its arguments, which a plan's check has seen. */
  bind(args: unknown): Does;
}

/** A fault that strikes while a request is answered. */
export type RequestFault<Shape extends z.ZodRawShape> = FaultKind<Shape, FaultAction>;

/**
 * A fault that is decided once, when a job, a file or a row comes into being, and kept in its record: so that a result
 * has the same bytes however often it is fetched and whatever the plan says by then.
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

/** A fault on a request that decides how it ends. */
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

/** Whole numbers from 0 on: bytes, ms, how many. */
export const Count = z.int().min(0);
