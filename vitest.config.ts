import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "scripts/*.test.ts",
      "packages/**/*.test.{ts,tsx}",
      "tests/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    // Limits are for what hangs: on a machine with other work to do everything takes several times as long.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    // Real processes on a busy machine: what passes at the second try is reported as flaky there, not as broken.
    retry: process.env["CI"] === undefined ? 0 : 2,
    // Many tests wait for processes and timers: two at a time are faster also where there are two cores.
    maxWorkers: 2,
    // The embedded store is a native library with one owner per process.
    pool: "forks",
  },
});
