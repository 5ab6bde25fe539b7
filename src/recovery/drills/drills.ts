import { KeelsonError } from "../../errors/keelson-error.js";
import type { ExclusiveWorks } from "../exclusive-work.js";
import { executors } from "./faults/index.js";
import type { DrillResult } from "./result.js";
import type { DrillStore } from "./results.js";
import { newDrill, runDrill } from "./run-drill.js";
import type { DrillTarget, FaultExecutor } from "./target.js";

export interface DrillRequest {
  readonly fault: string;
  /** Milliseconds of steady load before the first fault and after each recovery. */
  readonly steady?: number | undefined;
  readonly rate?: number | undefined;
}

/** The drills of one platform: one at a time and none during a restore, kept with their reports. */
export interface Drills {
  /** Begins one; resolves as soon as it has an id. Throws `drill/unknown`, `drill/running`, `restore/running`. */
  start(request: DrillRequest): Promise<DrillResult>;
  /** The running one as it stands, or a kept one. It is `running` until its result and both reports can be read. */
  read(id: string): Promise<DrillResult>;
  list(): Promise<DrillResult[]>;
  report(id: string, format: "md" | "html"): Promise<string>;
  /** Resolves when the drill is over and its report is written. */
  finished(id: string): Promise<DrillResult>;
  cancel(id: string): void;
  /** Cancels what runs and waits until it is tidied up. */
  stop(): Promise<void>;
}

const STEADY = 4_000;
const RATE = 15;

interface Running {
  readonly abort: AbortController;
  readonly end: Promise<DrillResult>;
  latest: DrillResult;
}

export function startDrills(
  target: () => Promise<DrillTarget>,
  store: DrillStore,
  version: string,
  exclusive: ExclusiveWorks,
): Drills {
  let running: Running | undefined;

  async function start(request: DrillRequest): Promise<DrillResult> {
    const executor = Object.hasOwn(executors, request.fault) ? executors[request.fault]?.() : undefined;
    if (!executor)
      throw new KeelsonError("drill/unknown", `there is no drill ${request.fault}`, {
        hint: `there are: ${Object.keys(executors).join(", ")}`,
      });
    // Before anything is waited for: of two requests at once the second finds the first.
    const release = exclusive.begin({
      kind: "drill",
      what: () => (running ? `drill ${running.latest.id}` : `a drill (${request.fault})`),
    });
    try {
      running = begin(await target(), executor, request);
    } catch (error) {
      release();
      throw error;
    }
    const over = () => {
      running = undefined;
      release();
    };
    running.end.then(over, over);
    return running.latest;
  }

  function begin(given: DrillTarget, executor: FaultExecutor, { steady = STEADY, rate = RATE }: DrillRequest): Running {
    const abort = new AbortController();
    const initial = newDrill(given, executor, { steady, rate, version });
    // Whoever is told of its end asks for its reports: it stays `running` until they are there.
    const onChange = (latest: DrillResult) => {
      if (running && latest.state === "running") running.latest = latest;
    };
    const options = { steady, rate, version, signal: abort.signal, onChange };
    return { abort, end: runDrill(given, executor, options, initial).then(keep), latest: initial };
  }

  async function keep(result: DrillResult): Promise<DrillResult> {
    // Loaded only here: a plotting library is much to hold for a platform that is not drilled.
    const [{ markdownReport }, { htmlReport }] = await Promise.all([
      import("./report/markdown.js"),
      import("./report/html.js"),
    ]);
    const texts = { "report.md": markdownReport(result), "report.html": htmlReport(result) } as const;
    try {
      await store.writeReport(result.id, "report.md", texts["report.md"]);
      await store.writeReport(result.id, "report.html", texts["report.html"]);
    } finally {
      // After the reports: what is listed as over has them. What was measured is kept even where they cannot be.
      await store.write(result);
    }
    return result;
  }

  return {
    start,
    read: async (id) => (running?.latest.id === id ? running.latest : store.read(id)),
    async list() {
      const now = running?.latest;
      const kept = await store.list();
      return now === undefined || kept.some(({ id }) => id === now.id) ? kept : [now, ...kept];
    },
    report: (id, format) => store.readReport(id, `report.${format}`),
    finished: async (id) => (running?.latest.id === id ? running.end : store.read(id)),
    cancel(id) {
      if (running?.latest.id === id) running.abort.abort();
    },
    async stop() {
      running?.abort.abort();
      await running?.end.catch(() => undefined);
    },
  };
}
