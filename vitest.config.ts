import { defineConfig } from "vitest/config";

/** Folders of the pure core: no build, no process, no database. */
const CORE = [
  "errors",
  "platform-file",
  "plan",
  "promises",
  "check",
  "render",
  "contracts",
  "language",
  "disk",
  "lifecycle",
];
const core = CORE.map((folder) => `test/${folder}/**/*.test.ts`);
const browser = ["test/dashboard/**/*.test.ts"];
const cluster = ["test/{cluster,compose,deploy,servers}/**/*.test.ts"];

const shared = { testTimeout: 60_000, hookTimeout: 120_000, pool: "forks" } as const;

/**
 * Lanes, each of which runs by itself: `npx vitest run --project core`.
 *
 * - `core`: the pure core, in seconds; nothing is built and nothing listens.
 * - `edges`: the real parts: PostgreSQL, llama.cpp, processes.
 * - `cluster`: a real Kubernetes API server, Docker, servers in network namespaces.
 * - `browser`: the dashboard in Chromium.
 */
export default defineConfig({
  test: {
    reporters: process.env["CI"] ? ["default", "./test/support/skipped-reporter.ts"] : ["default"],
    // Two cores: more real databases, browsers and clusters beside each other would only slow each other down.
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: "core", include: core } },
      {
        test: {
          ...shared,
          name: "edges",
          include: ["test/**/*.test.ts", "test/**/*.drill.ts"],
          exclude: [...core, ...browser, ...cluster],
          globalSetup: ["test/support/build.ts"],
        },
      },
      { test: { ...shared, name: "cluster", include: cluster, globalSetup: ["test/support/build.ts"] } },
      { test: { ...shared, name: "browser", include: browser, globalSetup: ["test/support/build.ts"] } },
    ],
  },
});
