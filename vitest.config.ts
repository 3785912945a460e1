import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: more workers only take time from the servers that the tests start.
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
