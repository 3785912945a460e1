/** Set by `npm run test:full`. */
const isFull = process.env['TEST_SAMPLES'] === 'full';

/**
 * How many samples a test draws: `few` in `npm test`, which is to take minutes, `full` in `npm run test:full`, which runs
 * before a release. Every test is in both.
 */
export const samples = (few: number, full: number): number => (isFull ? full : few);
