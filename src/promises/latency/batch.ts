import { largestMeanBurst, othersArriving, splitVariation } from "./arrivals.js";

/** One replica of a model that processes several requests in one batch. Times in seconds, lengths in tokens. */
export interface Batch {
  /** Requests per second that reach this replica. */
  readonly rate: number;
  /** Of the gaps between them. */
  readonly variation: number;
  readonly slots: number;
  readonly prompt: Lengths;
  readonly answer: Lengths;
  /** Of one prompt token. */
  readonly prefill: number;
  /** Of a step, which gives each request of the batch a token: alone, and with every slot in use. */
  readonly step: { readonly alone: number; readonly full: number };
  /** What the gateway adds to the time for which a slot is held. */
  readonly overhead: number;
}

export interface Lengths {
  readonly average: number;
  readonly longest: number;
}

/**
 * Steps until a request has `tokens` of its answer. One that joins a batch first waits for the end of the step that runs: the slot that
 * it takes became free at the end of a step, and the next one has started when the request arrives.
 */
export function stepsOf({ slots }: Pick<Batch, "slots">, tokens: number): number {
  return tokens === 0 || slots === 1 ? tokens : tokens + 1;
}

/** Seconds of a step with this many requests in the batch: it grows evenly from that of one to that of a full batch. */
export function stepWith({ step, slots }: Pick<Batch, "step" | "slots">, requests: number): number {
  if (slots <= 1) return step.full;
  return step.alone + ((step.full - step.alone) * (requests - 1)) / (slots - 1);
}

/**
 * Mean seconds that a request holds a slot while `inUse` of them are. The prefill of a prompt delays the answers of all others in the
 * batch: those that arrive meanwhile do, and at most those that take the other slots once each.
 */
export function meanServiceTime(batch: Batch, inUse: number): number {
  const { rate, slots, prompt, answer, prefill, overhead } = batch;
  const own = prompt.average * prefill;
  const decoding = (requests: number): number => stepsOf(batch, answer.average) * stepWith(batch, requests);
  const prefilling = rate * own;
  const delayed = prefilling < 1 ? (own + decoding(inUse)) / (1 - prefilling) : Number.POSITIVE_INFINITY;
  return Math.min(delayed, slots * own + decoding(slots)) + overhead;
}

/** The longest time that a request holds a slot while all are in use, with mean delay by others. */
export function longestServiceTime(batch: Batch): number {
  const { prompt, answer, prefill, step, slots } = batch;
  const more = (prompt.longest - prompt.average) * prefill + (answer.longest - answer.average) * step.full;
  return meanServiceTime(batch, slots) + more;
}

/** The delay by the prompts of others. */
export interface Delay {
  readonly seconds: number;
  /** Number of prompts, each of the longest length. */
  readonly prompts: number;
}

/** A time that does not converge in so many rounds has no bound that is of use. */
const MAX_ROUNDS = 500;

/**
 * Delay by the prompts that arrive during `alone` seconds and the delay itself, not exceeded with probability `1 - tail`. Of all prompts
 * with this average and this longest length those vary most of which a part has the longest length, and the others none.
 */
export function delayByPrompts(batch: Batch, alone: number, tail: number): Delay {
  const { prompt, prefill, rate } = batch;
  // A single slot is never shared.
  if (prompt.longest === 0 || batch.slots === 1) return { seconds: 0, prompts: 0 };
  const share = prompt.average / prompt.longest;
  const burstSize = largestMeanBurst(splitVariation(batch.variation, 1 / share));
  const longest = prompt.longest * prefill;
  let prompts = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const expected = rate * share * (alone + prompts * longest);
    const next = othersArriving(expected, burstSize, tail);
    if (next === prompts) return { seconds: prompts * longest, prompts };
    prompts = next;
  }
  return { seconds: Number.POSITIVE_INFINITY, prompts };
}
