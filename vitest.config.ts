// Test projects: `layers` is the import table, `unit` needs no built program, nor does `reload`, `e2e` drives the bundle,
// `slow` builds real upstream software and needs the network.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// As the launcher does it: thousands of starts of Node, a tenth of a second each.
const { NODE_EXTRA_CA_CERTS: authorities } = process.env;
if (authorities !== undefined) {
  process.env['ASHLAR_EXTRA_CA_CERTS'] = authorities;
  delete process.env['NODE_EXTRA_CA_CERTS'];
}

/** What loads modules anew: libraries that they use have state which does not begin anew with them. */
const RELOADING = ['test/base/directory.test.ts'];

export default defineConfig({
  test: {
    // A core less than there are, as is usual, would leave half of a small machine idle; one more works while others
    // wait for the disk, as builds do for a third of their time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      { test: { name: 'layers', include: ['test/layers.test.ts'] } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/layers.test.ts', 'test/e2e/**', 'test/slow/**', ...RELOADING],
          // A process for each file costs more than most of them do: they leave what is global as they found it.
          isolate: false,
          testTimeout: 60_000,
          // Removing what a test made can take long on a busy disk, too.
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'reload', include: RELOADING } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/rig/bundle.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          globalSetup: ['test/rig/bundle.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
