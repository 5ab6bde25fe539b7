import { EventEmitter } from "node:events";
import { performance } from "node:perf_hooks";
import { messageOf } from "../errors/thrown.js";
import type { Child, Exit } from "./children/child.js";
import { type Action, decide, type State } from "./decide.js";
import type { ProcessSpec } from "./processes.js";
import { answered, ended, initialState, ready, starting, stopping, want } from "./transitions.js";

/** What the supervisor did or saw, with the reason: for the terminal, the log and the drills. */
export interface SupervisorEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly process: string;
  readonly kind: "starting" | "ready" | "ended" | "crashed" | "stopping" | "killing";
  readonly reason: string;
  readonly exit?: Exit;
}

export interface ProcessStatus {
  readonly name: string;
  readonly kind: ProcessSpec["kind"];
  readonly phase: "absent" | "starting" | "running" | "stopping";
  /** Epoch milliseconds; undefined while absent. */
  readonly since: number | undefined;
  readonly pid: number | undefined;
  readonly crashes: number;
  readonly restarts: number;
  readonly lastExit: { readonly at: number; readonly how: string } | undefined;
}

export interface Supervisor {
  readonly events: EventEmitter<{ event: [SupervisorEvent] }>;
  status(): Promise<ProcessStatus[]>;
  pid(process: string): Promise<number | undefined>;
  /** Resolves once every wanted process answers. Rejects only when `signal` aborts. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /**
   * Ends every process in order, runs `work` while all are away, and begins to start them again: once nobody else needs
   * them away, and never after `stop`.
   */
  whileStopped<T>(work: () => Promise<T>): Promise<T>;
  /** Ends every process, users before what they use; resolves once all are gone. */
  stop(): Promise<void>;
}

/** A probe is due this often at least; each process has its own interval. */
const HEARTBEAT = 500;

/** Carries out what `decide` says, and tells it what happens. It decides nothing itself. */
export function startSupervisor(
  specs: readonly ProcessSpec[],
  start: (spec: ProcessSpec) => Promise<Child> | Child,
): Supervisor {
  // Counts on through a change of the clock, and stands still while the machine sleeps.
  const now = () => performance.timeOrigin + performance.now();
  const events = new EventEmitter<{ event: [SupervisorEvent] }>();
  const children = new Map<string, Child>();
  const records = new Map<string, { restarts: number; lastExit: ProcessStatus["lastExit"]; starts: number }>();
  const probing = new Map<string, number>();
  const specOf = new Map(specs.map((spec) => [spec.name, spec]));
  let state: State = initialState(specs);
  let timer: NodeJS.Timeout | undefined;
  let lastTick = now();
  /** Pieces of work that need every process away, and whether all is to end for good. */
  let keptAway = 0;
  let ending = false;
  const watchers = new Set<() => void>();

  function tell(process: string, kind: SupervisorEvent["kind"], reason: string, exit?: Exit): void {
    events.emit("event", { at: Date.now(), process, kind, reason, ...(exit && { exit }) });
  }

  function update(next: State): void {
    state = next;
    for (const watcher of [...watchers]) watcher();
  }

  function tick(): void {
    clearTimeout(timer);
    const time = now();
    // This process itself was held up (SIGSTOP, a debugger): silence in that time says nothing about the others.
    if (time - lastTick > HEARTBEAT + 2000) for (const { spec } of state) update(answered(state, spec.name, time));
    lastTick = time;
    for (;;) {
      const { action, reason } = decide(state, now());
      if (action.kind === "wait") {
        const patience =
          action.until === undefined ? HEARTBEAT : Math.max(0, Math.min(HEARTBEAT, action.until - now()));
        timer = setTimeout(tick, patience);
        break;
      }
      act(action, reason);
    }
    probeDue();
  }

  function act(action: Exclude<Action, { kind: "wait" }>, reason: string): void {
    const name = action.process;
    switch (action.kind) {
      case "start":
        update(starting(state, name, now()));
        tell(name, "starting", reason);
        void run(name);
        return;
      case "stop":
        update(stopping(state, name, now(), false));
        tell(name, "stopping", reason);
        children.get(name)?.stop();
        return;
      case "kill":
        update(stopping(state, name, now(), true));
        tell(name, "killing", reason);
        children.get(name)?.kill();
    }
  }

  async function run(name: string): Promise<void> {
    const spec = specOf.get(name);
    if (!spec) return;
    const record = records.get(name) ?? { restarts: 0, starts: 0, lastExit: undefined };
    records.set(name, { ...record, starts: record.starts + 1, restarts: record.starts });
    const exit = await lifetime(spec);
    children.delete(name);
    const process = state.find((other) => other.spec.name === name);
    const asked = process?.phase.phase === "stopping";
    update(ended(state, name, now()));
    const counted = records.get(name);
    if (counted) records.set(name, { ...counted, lastExit: { at: Date.now(), how: exit.how } });
    tell(name, asked ? "ended" : "crashed", exit.how, exit);
    tick();
  }

  async function lifetime(spec: ProcessSpec): Promise<Exit> {
    try {
      const child = await start(spec);
      children.set(spec.name, child);
      const phase = () => state.find((other) => other.spec.name === spec.name)?.phase;
      const asked = phase();
      // It was asked to end while it was still being started.
      if (asked?.phase === "stopping") asked.killed ? child.kill() : child.stop();
      void child.ready.then(() => {
        if (children.get(spec.name) !== child || phase()?.phase !== "starting") return;
        update(ready(state, spec.name, now()));
        tell(spec.name, "ready", "it answers");
        tick();
      });
      return await child.exited;
    } catch (error) {
      return { how: messageOf(error) };
    }
  }

  function probeDue(): void {
    for (const { spec, phase } of state) {
      const child = children.get(spec.name);
      const last = probing.get(spec.name) ?? 0;
      if (!child || phase.phase !== "running" || now() - last < spec.liveness.every) continue;
      probing.set(spec.name, now());
      void child.probe(spec.liveness.every).then((well) => {
        if (well && children.get(spec.name) === child) update(answered(state, spec.name, now()));
      });
    }
  }

  /** Resolves when the state satisfies `condition`; rejects when `signal` aborts first. */
  function until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!signal?.aborted && !condition()) return;
        watchers.delete(look);
        signal?.removeEventListener("abort", look);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      watchers.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  const allRun = () => state.every(({ wanted, phase }) => !wanted || phase.phase === "running");
  const allGone = () => state.every(({ phase }) => phase.phase === "absent");

  async function endAll(): Promise<void> {
    update(want(state, false));
    tick();
    await until(allGone);
  }

  tick();
  return {
    events,
    status: () =>
      Promise.all(
        state.map(async ({ spec, phase, crashes }) => ({
          name: spec.name,
          kind: specOf.get(spec.name)?.kind ?? "serve",
          phase: phase.phase,
          since: phase.phase === "absent" ? undefined : phase.since,
          pid: await children.get(spec.name)?.pid(),
          crashes,
          restarts: records.get(spec.name)?.restarts ?? 0,
          lastExit: records.get(spec.name)?.lastExit,
        })),
      ),
    pid: async (process) => children.get(process)?.pid(),
    whenReady: (signal) => until(allRun, signal),
    async whileStopped(work) {
      keptAway += 1;
      try {
        await endAll();
        return await work();
      } finally {
        keptAway -= 1;
        if (keptAway === 0 && !ending) {
          update(want(state, true));
          tick();
        }
      }
    },
    async stop() {
      ending = true;
      await endAll();
      clearTimeout(timer);
    },
  };
}
