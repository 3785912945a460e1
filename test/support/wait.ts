import { vi } from 'vitest';

/**
 * The default of vitest is 1 s, which a busy machine takes for a single request. What never comes true ends at this time, or
 * at the test's.
 */
const PATIENCE = { timeout: 30_000, interval: 20 };

type Patience = Partial<typeof PATIENCE>;

/** Repeats assertions until they hold. Returns their value. */
export function waitFor<T>(assert: () => T | Promise<T>, patience: Patience = {}): Promise<T> {
  return vi.waitFor(assert, { ...PATIENCE, ...patience });
}

/** Asks until the answer is true. */
export async function waitUntil(
  isTrue: () => boolean | Promise<boolean>,
  patience: Patience = {},
): Promise<void> {
  await vi.waitUntil(isTrue, { ...PATIENCE, ...patience });
}
