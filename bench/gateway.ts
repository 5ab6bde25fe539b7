import { fileURLToPath } from "node:url";
import { INSTALLED_PEERS, type StartedPeer, startInstalled } from "./peers/installed.js";
import { startNginx } from "./peers/nginx.js";
import { type Platform, up } from "./platform.js";
import { cpuSeconds, median, type Peer, residentMiB, startPeer } from "./processes.js";
import { type Figure, percent, rate } from "./report.js";
import { type Measured, wrk } from "./wrk.js";

export interface GatewayOptions {
  readonly rounds: number;
  /** Duration of one measurement. */
  readonly seconds: number;
  /** `bin/keelson.js` of another checkout that was built: its gateway is one more contender. */
  readonly baseline: string | undefined;
  /** Neither install nor measure the gateways of other projects. */
  readonly skipPeers: boolean;
}

const SOAK_REQUESTS = 200_000;
const SOAK_SECONDS = 10;
const WARM_UP_SECONDS = 5;

const chat = (extra: object): string =>
  JSON.stringify({ model: "bench", messages: [{ role: "user", content: "How far is it to the harbour?" }], ...extra });
const json = chat({});
const stream = chat({ stream: true });
const large = chat({ messages: [{ role: "user", content: "All hands on deck. ".repeat(Math.ceil(300_000 / 19)) }] });

interface Sample extends Measured {
  readonly cpuMicros: number;
}

interface Contender {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A failure of an optional contender leaves a gap in the table and does not end the benchmark. */
  readonly optional?: boolean;
}

/** The samples of one kind of request, by contender. */
class Comparison {
  readonly #samples = new Map<string, Sample[]>();
  readonly #failures = new Map<string, string>();

  add(name: string, sample: Sample): void {
    this.#samples.set(name, [...(this.#samples.get(name) ?? []), sample]);
  }

  fail(name: string, reason: string): void {
    this.#failures.set(name, reason);
  }

  failure(name: string): string | undefined {
    return this.#failures.get(name);
  }

  /** Median over the rounds. */
  figure(name: string, of: (sample: Sample) => number): number {
    return median((this.#samples.get(name) ?? []).map(of));
  }

  rate(name: string): number {
    return this.figure(name, ({ perSecond }) => perSecond);
  }

  cpu(name: string): number {
    return this.figure(name, ({ cpuMicros }) => cpuMicros);
  }

  /** Median of the ratios between two contenders in the same round: it does not drift with the machine. */
  ratio(name: string, base: string, of: (sample: Sample) => number): number {
    const bases = this.#samples.get(base) ?? [];
    return median(
      (this.#samples.get(name) ?? []).flatMap((sample, round) => {
        const other = bases[round];
        return other === undefined ? [] : [of(sample) / of(other)];
      }),
    );
  }
}

async function measure({ name, url, pid, headers }: Contender, body: string, connections: number, seconds: number) {
  const before = cpuSeconds(pid);
  const measured = await wrk({ url: `${url}/v1/chat/completions`, body, connections, seconds, headers });
  if (measured.failed > 0) throw new Error(`${name}: ${measured.failed} requests failed`);
  return { ...measured, cpuMicros: ((cpuSeconds(pid) - before) * 1e6) / measured.requests };
}

/**
 * Measures the contenders in turn, in reverse order every other round. A machine that becomes slower then affects all of
 * them, and none is always measured after the same one.
 */
async function compare(
  contenders: readonly Contender[],
  { rounds, seconds }: GatewayOptions,
  body: string,
  connections: number,
): Promise<Comparison> {
  const comparison = new Comparison();
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      if (comparison.failure(contender.name) !== undefined) continue;
      try {
        comparison.add(contender.name, await measure(contender, body, connections, seconds));
      } catch (error) {
        if (contender.optional !== true) throw error;
        comparison.fail(contender.name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return comparison;
}

async function growth(platform: Platform): Promise<Figure> {
  // The first requests fill pools, caches and the young generation; growth counts from there.
  await wrk({
    url: `${platform.url}/v1/chat/completions`,
    body: json,
    headers: bearer(platform),
    connections: 64,
    seconds: WARM_UP_SECONDS,
  });
  const before = residentMiB(platform.serve);
  let sent = 0;
  while (sent < SOAK_REQUESTS) {
    sent += (
      await wrk({
        url: `${platform.url}/v1/chat/completions`,
        body: json,
        headers: bearer(platform),
        connections: 64,
        seconds: SOAK_SECONDS,
      })
    ).requests;
  }
  const after = residentMiB(platform.serve);
  return {
    what: `growth over ${sent.toLocaleString("en")} requests`,
    measured: `${before.toFixed(0)} → ${after.toFixed(0)} MiB`,
    against: "resident memory before",
    target: "≤ 10 %, < 200 MiB",
    met: after <= before * 1.1 && after < 200,
  };
}

function bearer({ key }: Platform): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}` };
}

const platformOver = (upstream: string, program?: string): Promise<Platform> =>
  up({
    ...(program === undefined ? {} : { program }),
    text: `platform: bench
services:
  all: { modules: [gateway, accounts, usage, dashboard], calls: [database, bench], expose: true }
models:
  bench: { engine: openai, upstreams: "${upstream}", concurrency: 1024 }
stores:
  database: { postgres: 17 }
`,
  });

/** Figures of a contender that is shown beside the others and has no target. */
function shown(name: string, plain: Comparison, streams: Comparison, prompts: Comparison): Figure[] {
  const row = (what: string, comparison: Comparison): Figure => ({
    what: `${name}: ${what}`,
    measured: comparison.failure(name) ?? rate(comparison.rate(name)),
    against: `${percent(comparison.ratio(name, "bare", ({ perSecond }) => perSecond))} of bare proxy; CPU per request ${comparison.ratio(name, "bare", ({ cpuMicros }) => cpuMicros).toFixed(2)} × bare proxy`,
    target: "none stated",
    met: true,
  });
  return [row("chat, JSON", plain), row("streams of 50 chunks", streams), row("300 KB prompts", prompts)];
}

function skipped(peers: readonly StartedPeer[]): Figure[] {
  return peers.flatMap((peer) =>
    peer.kind === "running"
      ? []
      : [{ what: peer.name, measured: "skipped", against: peer.reason, target: "none stated", met: true }],
  );
}

/** The gateway with every feature on, against a bare proxy, nginx and other gateways with the same mock, in one run. */
export async function gateway(options: GatewayOptions): Promise<Figure[]> {
  const peer = (name: string, ...args: string[]): Promise<Peer> =>
    startPeer(process.execPath, [fileURLToPath(new URL(`peers/${name}.js`, import.meta.url)), ...args]);
  const stops: (() => Promise<void>)[] = [];
  const started = async <Started extends { stop(): Promise<void> }>(starting: Promise<Started>): Promise<Started> => {
    const result = await starting;
    stops.push(() => result.stop());
    return result;
  };
  try {
    const mock = await started(peer("mock"));
    const bare = await started(peer("bare-proxy", mock.url));
    const nginx = await started(startNginx(mock.url));
    const platform = await started(platformOver(mock.url));
    const baseline =
      options.baseline === undefined ? undefined : await started(platformOver(mock.url, options.baseline));
    const installed: StartedPeer[] = [];
    for (const each of options.skipPeers ? [] : INSTALLED_PEERS) {
      const result = await startInstalled(each, mock.url);
      installed.push(result);
      if (result.kind === "running") stops.push(() => result.stop());
    }
    const contenders: Contender[] = [
      { name: "keelson", url: platform.url, pid: platform.serve, headers: bearer(platform) },
      { name: "bare", url: bare.url, pid: bare.pid, headers: {} },
      ...(baseline === undefined
        ? []
        : [{ name: "baseline", url: baseline.url, pid: baseline.serve, headers: bearer(baseline) }]),
      { name: "nginx", url: nginx.url, pid: nginx.pid, headers: {} },
      ...installed.flatMap((each) => (each.kind === "running" ? [{ ...each, optional: true }] : [])),
    ];
    await compare(contenders, { ...options, rounds: 1 }, json, 16);
    const plain = await compare(contenders, options, json, 64);
    const streams = await compare(contenders, options, stream, 64);
    const prompts = await compare(contenders, options, large, 16);
    const resident = residentMiB(platform.serve);
    const cpu = plain.cpu("keelson");
    const ratio = (what: string, of: Comparison, target: number): Figure => ({
      what,
      measured: rate(of.rate("keelson")),
      against: `${percent(of.rate("keelson") / of.rate("bare"))} of bare proxy (${rate(of.rate("bare"))}); nginx ${rate(of.rate("nginx"))}`,
      target: `≥ ${percent(target)}`,
      met: of.rate("keelson") >= target * of.rate("bare"),
    });
    return [
      ratio("chat, JSON, 64 connections", plain, 0.5),
      {
        what: "CPU per JSON request",
        measured: `${cpu.toFixed(0)} µs`,
        against: `bare proxy ${plain.cpu("bare").toFixed(0)} µs`,
        target: "≤ 100 µs",
        met: cpu <= 100,
      },
      {
        what: "p99 of JSON, 64 connections",
        measured: `${plain.figure("keelson", (sample) => sample.p99Ms).toFixed(1)} ms`,
        against: `bare proxy ${plain.figure("bare", (sample) => sample.p99Ms).toFixed(1)} ms`,
        target: "none stated",
        met: true,
      },
      ratio("streams of 50 chunks", streams, 0.8),
      ratio("300 KB prompts", prompts, 0.7),
      {
        what: "resident memory under load",
        measured: `${resident.toFixed(0)} MiB`,
        against: baseline === undefined ? "" : `baseline ${residentMiB(baseline.serve).toFixed(0)} MiB`,
        target: "< 200 MiB",
        met: resident < 200,
      },
      await growth(platform),
      ...(baseline === undefined
        ? []
        : [...shown("keelson", plain, streams, prompts), ...shown("baseline", plain, streams, prompts)]),
      ...installed.flatMap((each) => (each.kind === "running" ? shown(each.name, plain, streams, prompts) : [])),
      ...skipped(installed),
    ];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
