/**
 * A discrete-event simulation of an open-loop load on model servers behind one gateway: what the predicted percentiles are held
 * against. Requests arrive whether or not earlier ones are answered. Times in seconds.
 */
import { type BatchingTimes, type BatchState, idle, join, step } from "../../../src/runtime/engine/child/batching.js";

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bursts at random or at regular moments, or two alternating rates. */
type Gaps = "bursts" | "regular" | "two rates";

/** Times between requests with this coefficient of variation: `burst` 1 is exponential. */
export function gaps(rate: number, burst: number, kind: Gaps, random: () => number): () => number {
  const exponential = (mean: number): number => -Math.log(1 - random()) * mean;
  const squared = burst * burst;
  if (squared <= 1) return () => exponential(1 / rate);
  if (kind === "regular") return () => (random() < squared / (1 + squared) ? 0 : (1 + squared) / rate);
  if (kind === "bursts") {
    const size = (1 + squared) / 2;
    return () => (random() < 1 - 1 / size ? 0 : exponential(size / rate));
  }
  // A hyperexponential distribution with balanced means (Whitt 1982): two rates of which each carries half of the time.
  const share = (1 + Math.sqrt((squared - 1) / (squared + 1))) / 2;
  return () => (random() < share ? exponential(1 / (2 * share * rate)) : exponential(1 / (2 * (1 - share) * rate)));
}

export interface SimulatedRequest {
  readonly at: number;
  readonly prompt: number;
  readonly answer: number;
}

export interface SimulatedResponse {
  readonly latency: number;
  readonly firstToken: number;
}

interface Replica {
  state: BatchState;
  /** Requests of each gateway. */
  readonly inFlight: number[];
  /** The end of the step that runs; undefined: it is idle. */
  end: { readonly at: number; readonly advanced: readonly number[]; readonly finished: readonly number[] } | undefined;
}

export interface SimulatedServers {
  readonly replicas: number;
  /** Each has a queue of its own and sees only its own requests. They get the requests in turn. */
  readonly gateways: number;
  readonly times: BatchingTimes;
  /** Seconds from the end of a response until the gateway has learnt of the free slot, and the replica of the next request. */
  readonly turnaround: number;
}

/** The responses, in the order of the requests. A gateway sends a request to the replica with the fewest, if it has a free slot. */
export function simulateModel(
  requests: readonly SimulatedRequest[],
  { replicas, gateways, times, turnaround }: SimulatedServers,
): readonly SimulatedResponse[] {
  const servers: Replica[] = Array.from({ length: replicas }, () => ({
    state: idle,
    inFlight: Array.from({ length: gateways }, () => 0),
    end: undefined,
  }));
  const queues: number[][] = Array.from({ length: gateways }, () => []);
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  /** Slots that a gateway will learn of, in order of time. */
  const freed: { readonly at: number; readonly server: Replica; readonly gateway: number }[] = [];
  const begin = (server: Replica, now: number): void => {
    const { state, ms, advanced, finished } = step(server.state, times);
    server.state = state;
    server.end = advanced.length === 0 ? undefined : { at: now + ms / 1000, advanced, finished };
  };
  const dispatch = (gateway: number, now: number): void => {
    const queue = queues[gateway] ?? [];
    const joined = new Set<Replica>();
    for (;;) {
      const server = servers.reduce((best, each) => (used(each, gateway) < used(best, gateway) ? each : best));
      const [id] = queue;
      const request = id === undefined ? undefined : requests[id];
      if (used(server, gateway) >= times.batch || id === undefined || !request) break;
      queue.shift();
      server.inFlight[gateway] = used(server, gateway) + 1;
      server.state = join(server.state, { id, inputTokens: request.prompt, outputTokens: request.answer });
      joined.add(server);
    }
    for (const server of joined) if (!server.end) begin(server, now);
  };
  let next = 0;
  for (;;) {
    const arrival = requests[next]?.at ?? Number.POSITIVE_INFINITY;
    const server = servers.reduce((soonest, each) => (endOf(each) < endOf(soonest) ? each : soonest));
    const [slot] = freed;
    if (slot && slot.at < Math.min(arrival, endOf(server))) {
      freed.shift();
      slot.server.inFlight[slot.gateway] = used(slot.server, slot.gateway) - 1;
      dispatch(slot.gateway, slot.at);
    } else if (server.end && server.end.at < arrival) {
      const { at, advanced, finished } = server.end;
      for (const id of advanced) if (!first.has(id)) first.set(id, at);
      for (const id of finished) {
        last.set(id, at);
        freed.push({ at: at + turnaround, server, gateway: id % gateways });
      }
      begin(server, at);
    } else if (next < requests.length) {
      // The requests of one burst arrive together.
      const touched = new Set<number>();
      for (; requests[next]?.at === arrival; next += 1) {
        queues[next % gateways]?.push(next);
        touched.add(next % gateways);
      }
      for (const gateway of touched) dispatch(gateway, arrival);
    } else break;
  }
  return requests.map(({ at }, id) => ({ latency: timeOf(last, id) - at, firstToken: timeOf(first, id) - at }));
}

function used({ inFlight }: Replica, gateway: number): number {
  return inFlight[gateway] ?? 0;
}

function endOf({ end }: Replica): number {
  return end?.at ?? Number.POSITIVE_INFINITY;
}

function timeOf(times: ReadonlyMap<number, number>, id: number): number {
  const time = times.get(id);
  if (time === undefined) throw new Error(`request ${id} was not answered`);
  return time;
}

/** Latencies of requests that wait for one of `slots` in order of arrival. */
export function simulateSlots(requests: readonly { at: number; work: number }[], slots: number): readonly number[] {
  const free = new Float64Array(slots);
  return requests.map(({ at, work }) => {
    let slot = 0;
    for (let other = 1; other < slots; other += 1) if ((free[other] ?? 0) < (free[slot] ?? 0)) slot = other;
    const end = Math.max(at, free[slot] ?? 0) + work;
    free[slot] = end;
    return end - at;
  });
}

/** The value that this share of the others does not exceed. */
export function percentileOf(values: readonly number[], percentile: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(percentile * sorted.length) - 1)] ?? 0;
}
