import { z } from 'zod';
import type { Exchange, Reply } from '../http/exchange.ts';

/** Answers a request in place of its handler, before it, or after it; `next` is what would have answered. */
export type Strike = (exchange: Exchange, next: (exchange: Exchange) => Promise<Reply>) => Promise<Reply>;

/** A kind of fault: what it does in words, what a plan can say about it, and what it does. */
interface FaultKind<Shape extends z.ZodRawShape, Does> {
  /** For the documentation; ends without a full stop. */
  shows: string;
  args: z.ZodObject<Shape>;
  /** It decides how a request ends. Of such faults a request has one; all others add up. */
  ends?: true;
  /** The fault with its arguments, which a plan's check has seen. */
  bind(args: unknown): Does;
}

/** A fault that strikes while a request is answered. */
export type RequestFault<Shape extends z.ZodRawShape> = FaultKind<Shape, Strike>;

/**
 * A fault that is decided once, when a job, a file or a row comes into being, and kept in its record: so that a result
 * has the same bytes however often it is fetched and whatever the plan says by then.
 */
export type LastingFault<Shape extends z.ZodRawShape, Given, Kept> = FaultKind<Shape, (given: Given) => Kept>;

export function onRequest<const Shape extends z.ZodRawShape>(
  shows: string,
  shape: Shape,
  strike: (args: z.output<z.ZodObject<Shape>>, ...call: Parameters<Strike>) => Promise<Reply>,
): RequestFault<Shape> {
  const args = z.object(shape);
  return {
    shows,
    args,
    bind(value) {
      const known = args.parse(value);
      return (exchange, next) => strike(known, exchange, next);
    },
  };
}

/** A fault on a request that decides how it ends. */
export function atEnd<const Shape extends z.ZodRawShape>(
  ...fault: Parameters<typeof onRequest<Shape>>
): RequestFault<Shape> {
  return { ...onRequest(...fault), ends: true };
}

export function onBirth<const Shape extends z.ZodRawShape, Given, Kept>(
  shows: string,
  shape: Shape,
  keep: (args: z.output<z.ZodObject<Shape>>, given: Given) => Kept,
): LastingFault<Shape, Given, Kept> {
  const args = z.object(shape);
  return {
    shows,
    args,
    bind(value) {
      const known = args.parse(value);
      return (given) => keep(known, given);
    },
  };
}

/** Whole numbers from 0 on: bytes, ms, how many. */
export const Count = z.int().min(0);
