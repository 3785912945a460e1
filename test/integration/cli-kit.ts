import { onTestFinished } from 'vitest';
import { type Desk, openDesk } from '../support/desk.ts';

/** A desk that is cleared when the test is over; a test beside others says by its context when that is. */
export async function createDesk(
  env: Record<string, string> = {},
  onFinished = onTestFinished,
): Promise<Desk> {
  const desk = await openDesk(env);
  onFinished(() => desk.close());
  return desk;
}

/** A manifest of a few outputs. */
export function manifestText(name: string, head = ''): string {
  return `name: ${name}
model: nano-banana-pro
${head}items:
  - { key: hero, prompt: "A bottle on wet slate", aspectRatio: "16:9", count: 2 }
  - { key: flat, prompt: "A bottle from above" }
`;
}
