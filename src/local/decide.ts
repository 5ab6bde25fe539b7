import type { Milliseconds } from "../plan/plan.js";
import type { ProcessSpec } from "./processes.js";

/** Where a process stands. Times are epoch milliseconds. */
export type Phase =
  | { readonly phase: "absent" }
  | { readonly phase: "starting"; readonly since: number }
  | { readonly phase: "running"; readonly since: number; readonly answered: number }
  | { readonly phase: "stopping"; readonly since: number; readonly killed: boolean };

export interface ProcessState {
  readonly spec: Pick<ProcessSpec, "name" | "needs" | "liveness" | "startup" | "grace">;
  /** False while it is to be away: the platform ends, or its data is being restored. */
  readonly wanted: boolean;
  readonly phase: Phase;
  /** Crashes since it last ran well. */
  readonly crashes: number;
  /** Not started before. */
  readonly notBefore: number;
}

/** In the order of starting: a process comes after those that it needs. */
export type State = readonly ProcessState[];

export type Action =
  | { readonly kind: "start" | "stop" | "kill"; readonly process: string }
  /** Nothing is to be done before `until` unless something happens; undefined: nothing at all. */
  | { readonly kind: "wait"; readonly until: number | undefined };

export interface Decision {
  readonly action: Action;
  readonly reason: string;
}

/** What is to be done next. Ask again after each action and each event: one answer is one step. */
export function decide(state: State, now: number): Decision {
  for (const process of state) {
    const step = process.wanted ? towardsRunning(state, process, now) : towardsAbsent(state, process, now);
    if (step) return step;
  }
  const deadlines = state.flatMap((process) => deadline(state, process) ?? []).filter((at) => at > now);
  const until = deadlines.length > 0 ? Math.min(...deadlines) : undefined;
  return { action: { kind: "wait", until }, reason: until === undefined ? "all is as wanted" : "the next deadline" };
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
      const reason = crashes > 0 ? `it ended unasked (${times(crashes)})` : "it is wanted and what it needs runs";
      return { action: { kind: "start", process: name }, reason };
    }
    case "starting":
      if (now - phase.since < spec.startup) return undefined;
      return { action: { kind: "kill", process: name }, reason: `it was not ready within ${seconds(spec.startup)}` };
    case "running":
      if (now - phase.answered < patience(spec)) return undefined;
      return {
        action: { kind: "kill", process: name },
        reason: `it has not answered for ${seconds(now - phase.answered)}`,
      };
    case "stopping":
      return overdue(name, spec.grace, phase, now);
  }
}

function towardsAbsent(state: State, { spec, phase }: ProcessState, now: number): Decision | undefined {
  const { name } = spec;
  if (phase.phase === "absent") return undefined;
  if (phase.phase === "stopping") return overdue(name, spec.grace, phase, now);
  // Those that need it go first, or they would lose what they still have to write.
  const user = state.find(
    (other) => !other.wanted && other.phase.phase !== "absent" && other.spec.needs.includes(name),
  );
  if (user) return undefined;
  return { action: { kind: "stop", process: name }, reason: "it is to be away, and nobody needs it any more" };
}

function overdue(
  name: string,
  grace: Milliseconds,
  phase: Extract<Phase, { phase: "stopping" }>,
  now: number,
): Decision | undefined {
  if (phase.killed || now - phase.since < grace) return undefined;
  return { action: { kind: "kill", process: name }, reason: `it did not end within ${seconds(grace)}` };
}

/** The next moment at which this process may need something though nothing happens. */
function deadline(state: State, { spec, wanted, phase, notBefore }: ProcessState): number | undefined {
  switch (phase.phase) {
    case "absent":
      return wanted && needsRun(state, spec.needs) ? notBefore : undefined;
    case "starting":
      return wanted ? phase.since + spec.startup : undefined;
    case "running":
      return wanted ? phase.answered + patience(spec) : undefined;
    case "stopping":
      return phase.killed ? undefined : phase.since + spec.grace;
  }
}

function needsRun(state: State, needs: readonly string[]): boolean {
  return needs.every((need) => state.find((other) => other.spec.name === need)?.phase.phase === "running");
}

function patience(spec: ProcessState["spec"]): Milliseconds {
  return spec.liveness.every * spec.liveness.failures;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times in a row`;
}

function seconds(duration: Milliseconds): string {
  return `${Math.round(duration / 100) / 10} s`;
}
