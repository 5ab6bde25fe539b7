import { EventEmitter } from "node:events";
import { performance } from "node:perf_hooks";
import { messageOf } from "../errors/thrown.js";
import { endOf } from "../lifecycle/service.js";
import type { Child, Exit } from "./children/child.js";
import { type Action, decide, type State } from "./decide.js";
import type { ProcessSpec } from "./processes.js";
import { ended, initialState, ready, responded, serviceState, setWanted, starting, stopping } from "./transitions.js";

/** An action of the supervisor or an event of a process, with the reason: for the terminal, the log and the drills. */
export interface SupervisorEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly process: string;
  readonly kind: "starting" | "ready" | "ended" | "crashed" | "stopping" | "killing";
  /** A predicate of the process, or how it exited. */
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
  /** Resolves once every process that is to run is ready. Rejects only when `signal` aborts. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /**
   * Stops every process in order, runs `work` while none is running, and starts them again: once no other call requires them to
   * be stopped, and never after `stop`.
   */
  whileStopped<T>(work: () => Promise<T>): Promise<T>;
  /** Stops every process, dependents first; resolves once all have exited. */
  stop(): Promise<void>;
}

/** Maximum interval between two checks for due probes; each process has its own probe interval. */
const MAX_TICK_INTERVAL_MS = 500;
/** A tick that is this late was delayed by the suspension of this process itself. */
const SUSPENDED_AFTER_MS = MAX_TICK_INTERVAL_MS + 2_000;

/** Executes the actions that `decide` returns, and records the events of the processes. */
export function startSupervisor(
  specs: readonly ProcessSpec[],
  start: (spec: ProcessSpec) => Promise<Child> | Child,
): Supervisor {
  // Monotonic: not affected by changes of the clock; it stops while the machine is suspended.
  const now = () => performance.timeOrigin + performance.now();
  const events = new EventEmitter<{ event: [SupervisorEvent] }>();
  const children = new Map<string, Child>();
  const records = new Map<string, { restarts: number; lastExit: ProcessStatus["lastExit"]; starts: number }>();
  const probing = new Map<string, number>();
  const specOf = new Map(specs.map((spec) => [spec.name, spec]));
  let state: State = initialState(specs);
  let timer: NodeJS.Timeout | undefined;
  let lastTick = now();
  /** Calls of `whileStopped` in progress. */
  let stoppedBy = 0;
  /** `stop` was called. */
  let stopRequested = false;
  const watchers = new Set<() => void>();

  function emit(process: string, kind: SupervisorEvent["kind"], reason: string, exit?: Exit): void {
    events.emit("event", { at: Date.now(), process, kind, reason, ...(exit && { exit }) });
  }

  function update(next: State): void {
    state = next;
    for (const watcher of [...watchers]) watcher();
  }

  function tick(): void {
    clearTimeout(timer);
    const time = now();
    // This process itself was suspended (SIGSTOP, a debugger): that no probe succeeded meanwhile does not indicate a fault.
    if (time - lastTick > SUSPENDED_AFTER_MS) for (const { spec } of state) update(responded(state, spec.name, time));
    lastTick = time;
    for (;;) {
      const { action, reason } = decide(state, now());
      if (action.kind === "wait") {
        const untilDeadline = action.until === undefined ? MAX_TICK_INTERVAL_MS : action.until - now();
        timer = setTimeout(tick, Math.max(0, Math.min(MAX_TICK_INTERVAL_MS, untilDeadline)));
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
        emit(name, "starting", reason);
        void run(name);
        return;
      case "stop":
        update(stopping(state, name, now(), false));
        emit(name, "stopping", reason);
        children.get(name)?.stop();
        return;
      case "kill":
        update(stopping(state, name, now(), true));
        emit(name, "killing", reason);
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
    const requested = endOf(serviceState(process?.phase ?? { phase: "absent" })) === "stopped";
    update(ended(state, name, now()));
    const counted = records.get(name);
    if (counted) records.set(name, { ...counted, lastExit: { at: Date.now(), how: exit.how } });
    emit(name, requested ? "ended" : "crashed", exit.how, exit);
    tick();
  }

  async function lifetime(spec: ProcessSpec): Promise<Exit> {
    try {
      const child = await start(spec);
      children.set(spec.name, child);
      const phase = () => state.find((other) => other.spec.name === spec.name)?.phase;
      const current = phase();
      // A stop was requested while the process was being created.
      if (current?.phase === "stopping") current.killed ? child.kill() : child.stop();
      void child.ready.then(() => {
        if (children.get(spec.name) !== child || phase()?.phase !== "starting") return;
        update(ready(state, spec.name, now()));
        emit(spec.name, "ready", "is ready");
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
      void child.probe(spec.liveness.every).then((healthy) => {
        if (healthy && children.get(spec.name) === child) update(responded(state, spec.name, now()));
      });
    }
  }

  /** Resolves when the state satisfies `condition`; rejects when `signal` aborts first. */
  function until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!signal?.aborted && !condition()) return;
        watchers.delete(check);
        signal?.removeEventListener("abort", check);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      watchers.add(check);
      signal?.addEventListener("abort", check);
      check();
    });
  }

  const allRunning = () => state.every(({ wanted, phase }) => !wanted || phase.phase === "running");
  const allAbsent = () => state.every(({ phase }) => phase.phase === "absent");

  async function stopAll(): Promise<void> {
    update(setWanted(state, false));
    tick();
    await until(allAbsent);
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
    whenReady: (signal) => until(allRunning, signal),
    async whileStopped(work) {
      stoppedBy += 1;
      try {
        await stopAll();
        return await work();
      } finally {
        stoppedBy -= 1;
        if (stoppedBy === 0 && !stopRequested) {
          update(setWanted(state, true));
          tick();
        }
      }
    },
    async stop() {
      stopRequested = true;
      await stopAll();
      clearTimeout(timer);
    },
  };
}
