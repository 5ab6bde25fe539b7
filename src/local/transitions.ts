import { backoff, STABLE } from "../promises/facts/supervisor.js";
import type { Phase, ProcessState, State } from "./decide.js";
import type { ProcessSpec } from "./processes.js";

/** What happens to processes, as changes of the state that `decide` reads. */
export function initialState(specs: readonly ProcessSpec[]): State {
  return specs.map((spec) => ({ spec, wanted: true, phase: { phase: "absent" }, crashes: 0, notBefore: 0 }));
}

export function starting(state: State, name: string, now: number): State {
  return withPhase(state, name, { phase: "starting", since: now });
}

export function ready(state: State, name: string, now: number): State {
  return withPhase(state, name, { phase: "running", since: now, answered: now });
}

export function answered(state: State, name: string, now: number): State {
  return change(state, name, (process) =>
    process.phase.phase === "running" ? { ...process, phase: { ...process.phase, answered: now } } : process,
  );
}

export function stopping(state: State, name: string, now: number, killed: boolean): State {
  return withPhase(state, name, { phase: "stopping", since: now, killed });
}

/** It is gone. Unless it was asked to go, that is a crash, and the next start waits the longer the more there were. */
export function ended(state: State, name: string, now: number): State {
  return change(state, name, (process) => {
    const { phase } = process;
    if (!process.wanted || (phase.phase === "stopping" && !phase.killed))
      return { ...process, phase: { phase: "absent" }, crashes: 0, notBefore: now };
    const ranWell = phase.phase === "running" && now - phase.since >= STABLE;
    const crashes = ranWell ? 1 : process.crashes + 1;
    return { ...process, phase: { phase: "absent" }, crashes, notBefore: now + backoff(crashes) };
  });
}

/** Says which processes are to run; undefined means all. */
export function want(state: State, wanted: boolean, names?: readonly string[]): State {
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
