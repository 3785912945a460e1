import { failure } from './failure.ts';

/**
 * The fields of an object that came from anywhere. What is null is left out: other languages send it for what they do not say.
 * A field that nobody knows is refused, for it may be a budget misspelled.
 *
 * @param what it is, as a message begins
 * @throws `usage`
 */
export function readFields<T extends object>(
  what: string,
  sent: T,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
    throw failure('usage', `${what} must be an object.`);
  const said = Object.entries(sent).filter(([, value]) => value !== undefined && value !== null);
  const [stranger] = said.find(([name]) => !(known as readonly string[]).includes(name)) ?? [];
  if (stranger !== undefined) throw failure('usage', `${what} has no field ${stranger.slice(0, 100)}.`);
  return Object.fromEntries(said) as Partial<T>;
}
