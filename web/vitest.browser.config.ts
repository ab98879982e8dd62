import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The tests stand outside of this folder, so they are told where its packages are. See tests/browser/README.md. */
export default defineConfig({
  root: local('..').replace(/\/$/, ''),
  // Files outside of the package are refused otherwise. No server listens: this is only how tests are read.
  server: { fs: { strict: false } },
  resolve: {
    alias: [
      { find: /^playwright-core$/, replacement: local('node_modules/playwright-core/index.mjs') },
      { find: /^vitest$/, replacement: local('node_modules/vitest/dist/index.js') },
    ],
  },
  test: {
    include: [process.env['PHLOX_DATA'] === 'generated' ? 'tests/browser/generated/*_test.ts' : 'tests/browser/*_test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    fileParallelism: false,
    // One process for all files, so that they share a browser.
    isolate: false,
    pool: 'forks',
    poolOptions: { forks: { singleFork: true } },
    expect: { poll: { timeout: 10_000 } },
  },
});
