import { defineConfig } from 'vitest/config';

/** Packs, installs and runs the tarball as a user would; needs the npm registry, so it is apart from `npm test`. */
export default defineConfig({
  test: {
    include: ['tests/house/pack.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
