import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.drill.ts"],
    globalSetup: ["test/build.ts"],
    reporters: process.env["CI"] ? ["default", "./test/skipped-reporter.ts"] : ["default"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores: real databases, browsers and clusters beside each other would only slow each other down.
    maxWorkers: 2,
    pool: "forks",
  },
});
