import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/property-seed.ts'],
    // Needs the npm registry: vitest.pack.config.ts.
    exclude: [...configDefaults.exclude, 'tests/house/pack.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
