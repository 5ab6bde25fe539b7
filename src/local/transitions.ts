import { endOf, type ServiceState } from "../lifecycle/service.js";
import { BACKOFF_RESET_MS, backoff } from "../promises/facts/supervisor.js";
import type { Phase, ProcessState, State } from "./decide.js";
import type { ProcessSpec } from "./processes.js";

/** Events of processes, as changes of the state that `decide` reads. All are pure. */
export function initialState(specs: readonly ProcessSpec[]): State {
  return specs.map((spec) => ({ spec, wanted: true, phase: { phase: "absent" }, crashes: 0, notBefore: 0 }));
}

export function starting(state: State, name: string, now: number): State {
  return withPhase(state, name, { phase: "starting", since: now });
}

export function ready(state: State, name: string, now: number): State {
  return withPhase(state, name, { phase: "running", since: now, respondedAt: now });
}

export function responded(state: State, name: string, now: number): State {
  return change(state, name, (process) =>
    process.phase.phase === "running" ? { ...process, phase: { ...process.phase, respondedAt: now } } : process,
  );
}

export function stopping(state: State, name: string, now: number, killed: boolean): State {
  return withPhase(state, name, { phase: "stopping", since: now, killed });
}

/** The lifecycle state of the current run of a process; that of a run that has not started while the process is absent. */
export function serviceState({ phase }: Phase): ServiceState {
  return phase === "absent" ? "new" : phase;
}

/**
 * The process has exited. Unless a stop was requested, the run has failed: that is a crash, and the backoff before the next start
 * grows with the number of consecutive crashes. A kill is a crash too, unless the process is not to run.
 */
export function ended(state: State, name: string, now: number): State {
  return change(state, name, (process) => {
    const { phase } = process;
    const killed = phase.phase === "stopping" && phase.killed;
    if (!process.wanted || (endOf(serviceState(phase)) === "stopped" && !killed))
      return { ...process, phase: { phase: "absent" }, crashes: 0, notBefore: now };
    const stable = phase.phase === "running" && now - phase.since >= BACKOFF_RESET_MS;
    const crashes = stable ? 1 : process.crashes + 1;
    return { ...process, phase: { phase: "absent" }, crashes, notBefore: now + backoff(crashes) };
  });
}

/** Sets whether processes are to run: those in `names`, or all. */
export function setWanted(state: State, wanted: boolean, names?: readonly string[]): State {
  return state.map((process) =>
    names === undefined || names.includes(process.spec.name)
      ? { ...process, wanted, ...(wanted && { notBefore: 0 }) }
      : process,
  );
}

function withPhase(state: State, name: string, phase: Phase): State {
  return change(state, name, (process) => ({ ...process, phase }));
}

function change(state: State, name: string, how: (process: ProcessState) => ProcessState): State {
  return state.map((process) => (process.spec.name === name ? how(process) : process));
}
