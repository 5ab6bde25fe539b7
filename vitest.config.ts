import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Folders of the pure core: no build, no process, no database. */
const CORE = [
  "errors",
  "blueprints",
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
/** Pure parts of the edges: decisions, state machines, parsers. */
const PURE = [
  "gateway/{token-estimate,events,exchange-state,json-scan,usage-field,shared-limit,fair-queue,body-memory,tool-calls,queue,health}",
  "engine/{batching,chat-history,choose,schema-bounds}",
  "usage/{event,pieces,busiest-period}",
  "kernel/order",
  "local/{decide,ordinal,doctor,wait-for-start}",
  "cli/{log-line,conversation-input,usage-error}",
  "accounts/{token,stored-credentials}",
  "recovery/{backup-place,fetch-log,marker,escrow,lifecycle,leftovers,decisions,expire,problems,scheduler}",
  "drills/{estimate,measure,probes,report,result-file}",
  "deploy/{compare,foreign-objects,overlay,volume-growth}",
  "dashboard/{call-graph-layout,drill-marks,trend-points,drill-rates,format,promise-summary,remedies,topology,curl,fold,usage-colours,usage-range,neighbourhood,message,audit-entries}",
  "admin/{recent-sessions,throttle}",
  "calibration/{judge,stored}",
];
const core = [...CORE.map((folder) => `test/${folder}/**/*.test.ts`), ...PURE.map((name) => `test/${name}.test.ts`)];
const browser = ["test/dashboard/**/*.test.ts"];
const cluster = ["test/{cluster,compose,deploy,servers}/**/*.test.ts"];

/** The starter would download its model. Tests get the simulator, unless they provide a model themselves. */
const env = { KEELSON_OFFLINE: "1", KEELSON_MODELS: join(tmpdir(), "keelson-tests-have-no-models") };

const shared = { env, testTimeout: 60_000, hookTimeout: 120_000, pool: "forks" } as const;

/**
 * Real processes, servers and browsers share the cores of a CI machine with its neighbours. There a failed test runs once more, and is
 * reported (`ci-reporter.ts`). The core has to pass at the first attempt, and so has everything on a developer's machine.
 */
const real = { ...shared, retry: process.env["CI"] ? 1 : 0 } as const;

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
    reporters: process.env["CI"] ? ["default", "./test/support/ci-reporter.ts"] : ["default"],
    // Most edge tests wait for real components, so three workers keep two cores busy.
    maxWorkers: 3,
    projects: [
      {
        test: { ...shared, name: "core", include: core, isolate: false, setupFiles: ["test/support/property-runs.ts"] },
      },
      {
        test: {
          ...real,
          name: "edges",
          include: ["test/**/*.test.ts", "test/**/*.drill.ts"],
          exclude: [...core, ...browser, ...cluster],
          globalSetup: ["test/support/build.ts"],
        },
      },
      { test: { ...real, name: "cluster", include: cluster, exclude: core, globalSetup: ["test/support/build.ts"] } },
      {
        test: { ...real, name: "browser", include: browser, exclude: core, globalSetup: ["test/support/build.ts"] },
      },
    ],
  },
});
