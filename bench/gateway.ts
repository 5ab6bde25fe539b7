import { fileURLToPath } from "node:url";
import { startNginx } from "./peers/nginx.js";
import { type Platform, up } from "./platform.js";
import { cpuSeconds, median, type Peer, residentMiB, startPeer } from "./processes.js";
import { type Figure, percent, rate } from "./report.js";
import { type Measured, wrk } from "./wrk.js";

const rounds = 3;
const seconds = 8;
const soakRequests = 200_000;

const chat = (extra: object): string =>
  JSON.stringify({ model: "bench", messages: [{ role: "user", content: "How far is it to the harbour?" }], ...extra });
const json = chat({});
const stream = chat({ stream: true });
const large = chat({ messages: [{ role: "user", content: "All hands on deck. ".repeat(Math.ceil(300_000 / 19)) }] });

interface Sample extends Measured {
  readonly cpuMicros: number;
}

interface Contender {
  readonly name: "keelson" | "bare" | "nginx";
  readonly url: string;
  readonly pid: number;
  readonly key?: string;
}

async function once(contender: Contender, body: string, connections: number): Promise<Sample> {
  const before = cpuSeconds(contender.pid);
  const measured = await wrk({
    url: `${contender.url}/v1/chat/completions`,
    body,
    connections,
    seconds,
    ...(contender.key === undefined ? {} : { key: contender.key }),
  });
  if (measured.failed > 0) throw new Error(`${contender.name}: ${measured.failed} requests failed`);
  return { ...measured, cpuMicros: ((cpuSeconds(contender.pid) - before) * 1e6) / measured.requests };
}

/** The contenders take turns, round by round, so that a machine that grows slower does so for all of them. */
async function compare(contenders: readonly Contender[], body: string, connections: number) {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) samples.get(contender.name)?.push(await once(contender, body, connections));
  }
  const figure = (name: Contender["name"], of: (sample: Sample) => number): number =>
    median((samples.get(name) ?? []).map(of));
  return { rate: (name: Contender["name"]) => figure(name, (sample) => sample.perSecond), figure };
}

async function growth(platform: Platform): Promise<Figure> {
  // The first requests fill pools, caches and the young generation; growth counts from there.
  await wrk({ url: `${platform.url}/v1/chat/completions`, body: json, key: platform.key, connections: 64, seconds: 5 });
  const before = residentMiB(platform.serve);
  let sent = 0;
  while (sent < soakRequests) {
    sent += (
      await wrk({
        url: `${platform.url}/v1/chat/completions`,
        body: json,
        key: platform.key,
        connections: 64,
        seconds: 10,
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

/** The gateway with every feature on, against a bare proxy and nginx before the same mock, in one run. */
export async function gateway(): Promise<Figure[]> {
  const peer = (name: string, ...args: string[]): Promise<Peer> =>
    startPeer(process.execPath, [fileURLToPath(new URL(`peers/${name}.js`, import.meta.url)), ...args]);
  const mock = await peer("mock");
  const bare = await peer("bare-proxy", mock.url);
  const nginx = await startNginx(mock.url);
  const platform = await up({
    text: `platform: bench
services:
  all: { modules: [gateway, accounts, usage, dashboard], calls: [database, bench], expose: true }
models:
  bench: { engine: openai, upstreams: "${mock.url}", concurrency: 1024 }
stores:
  database: { postgres: 17 }
`,
  });
  try {
    const contenders: Contender[] = [
      { name: "keelson", url: platform.url, pid: platform.serve, key: platform.key },
      { name: "bare", url: bare.url, pid: bare.pid },
      { name: "nginx", url: nginx.url, pid: nginx.pid },
    ];
    for (const contender of contenders) await once(contender, json, 16);
    const plain = await compare(contenders, json, 64);
    const streams = await compare(contenders, stream, 64);
    const prompts = await compare(contenders, large, 16);
    const resident = residentMiB(platform.serve);
    const cpu = plain.figure("keelson", (sample) => sample.cpuMicros);
    const bareCpu = plain.figure("bare", (sample) => sample.cpuMicros);
    const ratio = (what: string, of: typeof plain, target: number): Figure => ({
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
        against: `bare proxy ${bareCpu.toFixed(0)} µs`,
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
        against: "",
        target: "< 200 MiB",
        met: resident < 200,
      },
      await growth(platform),
    ];
  } finally {
    await platform.stop();
    await Promise.all([bare.stop(), nginx.stop()]);
    await mock.stop();
  }
}
