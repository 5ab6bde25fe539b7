import { chatLoad, type Load, probeLoad } from "./load.js";
import { probesOf } from "./probes.js";
import type { Sample } from "./sample.js";
import type { DrillTarget } from "./target.js";
import type { Writer } from "./writer.js";

/** Probes per second of one element: the resolution of its RTO is a fifth of a second. */
const PROBES_PER_SECOND = 5;

/** The load of a drill: chat requests, writes, and a probe for each element that chats do not reach. */
export interface Workload {
  readonly chats: readonly Sample[];
  readonly writes: readonly Sample[];
  /** By subject. */
  readonly probes: ReadonlyMap<string, readonly Sample[]>;
  /** Chats and writes. */
  samples(): readonly Sample[];
  stop(): Promise<void>;
}

/** Chats and writes per second. */
export interface Rates {
  readonly chats: number;
  readonly writes: number;
}

export function startWorkload(target: DrillTarget, model: string, writer: Writer, rates: Rates): Workload {
  const { url, apiKey } = target.clients;
  const writes = writer.load(rates.writes);
  const chats = chatLoad({ url, apiKey, model, ratePerSecond: rates.chats });
  const probes = startProbes(target, model);
  return {
    chats: chats.samples,
    writes: writes.samples,
    probes: new Map(probes.map(([subject, load]) => [subject, load.samples])),
    samples: () => [...chats.samples, ...writes.samples],
    async stop() {
      await Promise.all([chats, writes, ...probes.map(([, load]) => load)].map((load) => load.stop()));
    },
  };
}

function startProbes({ plan, clients }: DrillTarget, model: string): (readonly [subject: string, load: Load])[] {
  return probesOf(plan, model).flatMap((probe) => {
    const url = clients.unitUrl(probe.unit);
    const credential = probe.as === "operator" ? clients.operatorToken : clients.apiKey;
    if (url === undefined) return [];
    return [[probe.subject, probeLoad({ url, credential, probe, ratePerSecond: PROBES_PER_SECOND })] as const];
  });
}
