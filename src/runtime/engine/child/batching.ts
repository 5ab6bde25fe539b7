/**
 * The timing of a continuous-batching inference server, as a pure state machine. Requests queue, join the running batch when the KV
 * cache has room, are prefilled once, and then get one token per step; a step takes longer with more sequences. The caller steps
 * it, in real or simulated time.
 */
export interface BatchingTimes {
  /** Prompt tokens prefilled per second. */
  readonly prefillRate: number;
  /** One step with one sequence. */
  readonly stepMs: number;
  /** Added to a step by each further sequence. */
  readonly perSequenceMs: number;
  /** Capacity of the KV cache in tokens (prompt and output). */
  readonly cacheTokens: number;
  /** Maximum number of concurrent sequences. */
  readonly batch: number;
}

export interface Sequence {
  readonly id: number;
  readonly inputTokens: number;
  /** Number of tokens that it will generate. */
  readonly outputTokens: number;
  readonly generated: number;
  readonly prefilled: boolean;
}

export interface BatchState {
  readonly waiting: readonly Sequence[];
  readonly running: readonly Sequence[];
}

export const idle: BatchState = { waiting: [], running: [] };

export interface Step {
  readonly state: BatchState;
  readonly ms: number;
  /** Sequences that got a token in this step. */
  readonly advanced: readonly number[];
  readonly finished: readonly number[];
}

export function join(state: BatchState, sequence: Pick<Sequence, "id" | "inputTokens" | "outputTokens">): BatchState {
  return { ...state, waiting: [...state.waiting, { ...sequence, generated: 0, prefilled: false }] };
}

export function leave(state: BatchState, id: number): BatchState {
  const others = (list: readonly Sequence[]): readonly Sequence[] => list.filter((sequence) => sequence.id !== id);
  return { waiting: others(state.waiting), running: others(state.running) };
}

/** Maximum number of tokens of a sequence: this many must fit before it is admitted. */
function need({ inputTokens, outputTokens }: Sequence): number {
  return inputTokens + outputTokens;
}

/** One step of the batch. Admits in order of arrival; the first that does not fit blocks those behind it. */
export function step(state: BatchState, times: BatchingTimes): Step {
  const running = [...state.running];
  const waiting = [...state.waiting];
  let held = running.reduce((sum, sequence) => sum + need(sequence), 0);
  for (;;) {
    const next = waiting[0];
    if (next === undefined || running.length >= times.batch) break;
    if (held + need(next) > times.cacheTokens && running.length > 0) break;
    waiting.shift();
    running.push(next);
    held += need(next);
  }
  if (running.length === 0) return { state: { waiting, running }, ms: 0, advanced: [], finished: [] };
  const toPrefill = running.reduce((sum, { prefilled, inputTokens }) => (prefilled ? sum : sum + inputTokens), 0);
  const ms = times.stepMs + times.perSequenceMs * (running.length - 1) + (toPrefill / times.prefillRate) * 1000;
  const after = running.map((sequence) => ({ ...sequence, prefilled: true, generated: sequence.generated + 1 }));
  const finished = after.filter(({ generated, outputTokens }) => generated >= outputTokens);
  return {
    state: { waiting, running: after.filter(({ generated, outputTokens }) => generated < outputTokens) },
    ms,
    advanced: running.map(({ id }) => id),
    finished: finished.map(({ id }) => id),
  };
}
