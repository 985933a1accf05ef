import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "scripts/*.test.ts",
      "packages/**/*.test.{ts,tsx}",
      "tests/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // The embedded store is a native library with one owner per process.
    pool: "forks",
  },
});
