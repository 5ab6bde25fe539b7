import type { Milliseconds } from "../plan/plan.js";
import { ordinal } from "./ordinal.js";
import type { ProcessSpec } from "./processes.js";

/*
 * What the supervisor does next, as a pure function of the state of its processes. Each run of a process is a service
 * (`src/lifecycle/service.ts`) with these phases; `absent` is the state between two runs, before the first and after the last.
 *
 *   absent ──start──▶ starting ──ready──▶ running ──stop, kill──▶ stopping ──exit──▶ absent
 *                         │                   │
 *                         └────── exit ───────┴───▶ absent, with one more crash: the next start waits for the backoff
 */

/** The phase of a process. Times are epoch milliseconds; `respondedAt` is the time of its last successful probe. */
export type Phase =
  | { readonly phase: "absent" }
  | { readonly phase: "starting"; readonly since: number }
  | { readonly phase: "running"; readonly since: number; readonly respondedAt: number }
  | { readonly phase: "stopping"; readonly since: number; readonly killed: boolean };

export interface ProcessState {
  readonly spec: Pick<ProcessSpec, "name" | "needs" | "liveness" | "startup" | "grace">;
  /** False while it must not run: the platform stops, or its data is being restored. */
  readonly wanted: boolean;
  readonly phase: Phase;
  /** Consecutive crashes, without a stable run in between. */
  readonly crashes: number;
  /** Earliest time of the next start. */
  readonly notBefore: number;
}

/** In the order of the start: a process comes after those that it needs. */
export type State = readonly ProcessState[];

export type Action =
  | { readonly kind: "start" | "stop" | "kill"; readonly process: string }
  /** Nothing to do before `until` unless an event occurs; undefined: no deadline. */
  | { readonly kind: "wait"; readonly until: number | undefined };

export interface Decision {
  readonly action: Action;
  /** Why, as a predicate of the process: `has not responded for 3 s`. */
  readonly reason: string;
}

/** The next action. One call decides one step: call it again after each action and each event. */
export function decide(state: State, now: number): Decision {
  for (const process of state) {
    const step = process.wanted ? towardsRunning(state, process, now) : towardsAbsent(state, process, now);
    if (step) return step;
  }
  const deadlines = state.flatMap((process) => deadline(state, process) ?? []).filter((at) => at > now);
  const until = deadlines.length > 0 ? Math.min(...deadlines) : undefined;
  return {
    action: { kind: "wait", until },
    reason: until === undefined ? "every process is in its desired state" : "the next deadline",
  };
}

function towardsRunning(
  state: State,
  { spec, phase, crashes, notBefore }: ProcessState,
  now: number,
): Decision | undefined {
  const { name } = spec;
  switch (phase.phase) {
    case "absent": {
      if (now < notBefore || !needsRun(state, spec.needs)) return undefined;
      const reason =
        crashes > 0 ? `exited unexpectedly (${ordinal(crashes)} time); restarting` : "its dependencies are running";
      return { action: { kind: "start", process: name }, reason };
    }
    case "starting":
      if (now - phase.since < spec.startup) return undefined;
      return { action: { kind: "kill", process: name }, reason: `was not ready within ${seconds(spec.startup)}` };
    case "running":
      if (now - phase.respondedAt < probeDeadline(spec)) return undefined;
      return {
        action: { kind: "kill", process: name },
        reason: `has not responded for ${seconds(now - phase.respondedAt)}`,
      };
    case "stopping":
      return overdue(name, spec.grace, phase, now);
  }
}

function towardsAbsent(state: State, { spec, phase }: ProcessState, now: number): Decision | undefined {
  const { name } = spec;
  if (phase.phase === "absent") return undefined;
  if (phase.phase === "stopping") return overdue(name, spec.grace, phase, now);
  // Its dependents stop first: they may still have to write to it.
  const dependent = state.find(
    (other) => !other.wanted && other.phase.phase !== "absent" && other.spec.needs.includes(name),
  );
  if (dependent) return undefined;
  return { action: { kind: "stop", process: name }, reason: "is no longer needed" };
}

function overdue(
  name: string,
  grace: Milliseconds,
  phase: Extract<Phase, { phase: "stopping" }>,
  now: number,
): Decision | undefined {
  if (phase.killed || now - phase.since < grace) return undefined;
  return { action: { kind: "kill", process: name }, reason: `did not exit within ${seconds(grace)}` };
}

/** The time at which this process may need an action even if no event occurs. */
function deadline(state: State, { spec, wanted, phase, notBefore }: ProcessState): number | undefined {
  switch (phase.phase) {
    case "absent":
      return wanted && needsRun(state, spec.needs) ? notBefore : undefined;
    case "starting":
      return wanted ? phase.since + spec.startup : undefined;
    case "running":
      return wanted ? phase.respondedAt + probeDeadline(spec) : undefined;
    case "stopping":
      return phase.killed ? undefined : phase.since + spec.grace;
  }
}

function needsRun(state: State, needs: readonly string[]): boolean {
  return needs.every((need) => state.find((other) => other.spec.name === need)?.phase.phase === "running");
}

/** From the last successful probe to the kill. */
function probeDeadline(spec: ProcessState["spec"]): Milliseconds {
  return spec.liveness.every * spec.liveness.failures;
}

function seconds(duration: Milliseconds): string {
  return `${Math.round(duration / 100) / 10} s`;
}
