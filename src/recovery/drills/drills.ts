import type { DrillFaultEstimate, DrillList, DrillResult } from "../../contracts/drills.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Milliseconds, Plan } from "../../plan/plan.js";
import { planDigest } from "../../plan/plan-digest.js";
import type { ExclusiveOperations } from "../exclusive-operations.js";
import { estimateDrill } from "./estimate.js";
import { executors, isDrillFault } from "./faults/index.js";
import { newDrill } from "./record.js";
import { chatModel, runDrill } from "./run-drill.js";
import { type DrillStore, listedDrill } from "./store.js";
import type { DrillTarget, FaultExecutor } from "./target.js";

export interface DrillRequest {
  readonly fault: string;
  /** Steady load before the first fault and after each recovery. */
  readonly steadyMs?: Milliseconds | undefined;
  readonly ratePerSecond?: number | undefined;
}

/** The drills of one platform: one at a time and none during a restore, stored with their reports. */
export interface Drills {
  /** Starts a drill; resolves as soon as it has an id. Throws `drill/unknown`, `drill/running`, `restore/running`. */
  start(request: DrillRequest): Promise<DrillResult>;
  /** The faults that a drill can inject, with the estimated outage and data loss of each. */
  faults(): Promise<readonly DrillFaultEstimate[]>;
  /** The running drill in its present state, or a stored one. It is `running` until its result and both reports are stored. */
  read(id: string): Promise<DrillResult>;
  list(): Promise<DrillList>;
  report(id: string, format: "md" | "html"): Promise<string>;
  /** Resolves when the drill has ended and its reports are stored. */
  finished(id: string): Promise<DrillResult>;
  cancel(id: string): void;
  /** Cancels the running drill and waits until its state is restored. */
  stop(): Promise<void>;
}

const DEFAULT_STEADY_MS = 4_000;

interface Running {
  readonly abort: AbortController;
  readonly end: Promise<DrillResult>;
  latest: DrillResult;
}

export interface DrillsOptions {
  readonly plan: Plan;
  /** Throws `platform/not-ready` unless the platform is healthy. */
  readonly target: () => Promise<DrillTarget>;
  /** Usage records per second at present. Throws if the database is unavailable. */
  readonly recordsPerSecond: () => Promise<number>;
  readonly store: DrillStore;
  readonly version: string;
  readonly exclusive: ExclusiveOperations;
}

export function startDrills(options: DrillsOptions): Drills {
  const { target, store, version, exclusive } = options;
  let running: Running | undefined;

  async function start(request: DrillRequest): Promise<DrillResult> {
    if (!isDrillFault(request.fault))
      throw new KeelsonError("drill/unknown", `there is no drill ${request.fault}`, {
        hint: `available drills: ${Object.keys(executors).join(", ")}`,
      });
    const executor = executors[request.fault]();
    // Before the first await: of two concurrent requests the second is refused.
    const release = exclusive.begin({
      kind: "drill",
      what: () => (running ? `drill ${running.latest.id}` : `a drill (${request.fault})`),
    });
    try {
      running = run(await target(), executor, request);
    } catch (error) {
      release();
      throw error;
    }
    const ended = () => {
      running = undefined;
      release();
    };
    running.end.then(ended, ended);
    return running.latest;
  }

  function run(drillTarget: DrillTarget, fault: FaultExecutor, request: DrillRequest): Running {
    const { steadyMs = DEFAULT_STEADY_MS, ratePerSecond } = request;
    const abort = new AbortController();
    const { plan } = drillTarget;
    const initial = newDrill({
      ...{ fault, plan, planDigest: planDigest(plan), model: chatModel(drillTarget) },
      ...{ steadyMs, ratePerSecond, version },
    });
    // Clients read the reports as soon as the drill has ended: it stays `running` until they are stored.
    const onChange = (latest: DrillResult) => {
      if (running && latest.state === "running") running.latest = latest;
    };
    const drillOptions = { steadyMs, ratePerSecond, signal: abort.signal, onChange };
    return { abort, end: runDrill(drillTarget, fault, drillOptions, initial).then(save), latest: initial };
  }

  async function save(result: DrillResult): Promise<DrillResult> {
    // Loaded on demand: the plotting library needs memory that a platform without drills can do without.
    const [{ markdownReport }, { htmlReport }] = await Promise.all([
      import("./report/markdown.js"),
      import("./report/html.js"),
    ]);
    try {
      await store.writeReport(result.id, "report.md", markdownReport(result));
      await store.writeReport(result.id, "report.html", htmlReport(result));
    } finally {
      // After the reports, which a stored drill has. The measurements are stored even if the reports cannot be.
      await store.write(result);
    }
    return result;
  }

  async function faults(): Promise<readonly DrillFaultEstimate[]> {
    const rate = await options.recordsPerSecond().catch(() => undefined);
    return Object.values(executors).map((executor) => estimateDrill(options.plan, executor(), rate));
  }

  return {
    start,
    faults,
    read: async (id) => (running?.latest.id === id ? running.latest : store.read(id)),
    async list() {
      const current = running?.latest;
      const stored = await store.list();
      if (current === undefined || stored.drills.some(({ id }) => id === current.id)) return stored;
      return { ...stored, drills: [listedDrill(current), ...stored.drills] };
    },
    report: (id, format) => store.readReport(id, `report.${format}`),
    finished: async (id) => (running?.latest.id === id ? running.end : store.read(id)),
    cancel(id) {
      if (running?.latest.id === id) running.abort.abort();
    },
    async stop() {
      running?.abort.abort();
      // A failure is reported to the caller of `finished`.
      await running?.end.catch(() => undefined);
    },
  };
}
