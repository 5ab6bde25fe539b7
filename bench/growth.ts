import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { keelson } from "./platform.js";
import type { Figure } from "./report.js";

/** Prints the resources of the process to descriptor 3 when it exits: user CPU in µs, peak resident memory in KiB. */
const RESOURCE_REPORT = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from "node:fs";
process.on("exit", () => {
  const { userCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ userCPUTime, maxRSS }));
});`,
)}`;
const resources = z.object({ userCPUTime: z.number(), maxRSS: z.number() });

interface Cost {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** User CPU and peak memory of one run of the program. Throws unless it exits with one of `allowed`. */
function cost(args: readonly string[], allowed: readonly number[] = [0]): Cost {
  const { status, stderr, output } = spawnSync(process.execPath, ["--import", RESOURCE_REPORT, keelson, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status === null || !allowed.includes(status))
    throw new Error(`keelson ${args.join(" ")} exited with ${status}:\n${stderr.slice(-2_000)}`);
  const { userCPUTime, maxRSS } = resources.parse(JSON.parse(output[3] ?? ""));
  return { cpuSeconds: userCPUTime / 1e6, peakMiB: maxRSS / 1024 };
}

/** A platform in the cluster, in three zones: `services` services with 3 to 5 calls each, and a database for 20 of them. */
function platformOf(services: number, comment = ""): string {
  const databases = Math.max(1, Math.floor(services / 20));
  const lines = [`${comment}platform: growth`, "image: registry.example.com/app:1.0.0", "services:"];
  for (let index = 0; index < services; index += 1) {
    const calls = Array.from({ length: 3 + (index % 3) }, (_, step) => index + 1 + step * 7)
      .filter((other) => other < services)
      .map((other) => `service-${other}`);
    lines.push(`  service-${index}:`, `    image: registry.example.com/service-${index}:1.0.0`, "    port: 8080");
    if (index % 7 === 0) lines.push("    objectives: { rto: 10m, rpo: 10m }");
    lines.push(`    calls: [${[...calls, `database-${index % databases}`].join(", ")}]`);
  }
  lines.push("stores:");
  for (let index = 0; index < databases; index += 1) lines.push(`  database-${index}: { postgres: 17 }`);
  lines.push("environments:", "  production: { provide: in-cluster, zones: 3, data: real }");
  return `${lines.join("\n")}\n`;
}

/** A platform of databases, each called by one service. */
function storesOf(count: number): string {
  const names = Array.from({ length: count }, (_, index) => `database-${index}`);
  return [
    "platform: stores",
    "image: registry.example.com/app:1.0.0",
    `services: { api: { image: "registry.example.com/api:1.0.0", port: 8080, calls: [${names.join(", ")}] } }`,
    "stores:",
    ...names.map((name) => `  ${name}: { postgres: 17 }`),
    "environments:",
    "  production: { provide: in-cluster, zones: 3, data: real }",
    "",
  ].join("\n");
}

const cpu = (what: string, { cpuSeconds }: Cost, limitSeconds: number, against = "limit, user CPU"): Figure => ({
  what,
  measured: `${cpuSeconds.toFixed(2)} s`,
  against,
  target: `< ${limitSeconds} s`,
  met: cpuSeconds < limitSeconds,
});

const memory = (what: string, { peakMiB }: Cost, limitMiB: number): Figure => ({
  what,
  measured: `${peakMiB.toFixed(0)} MiB`,
  against: "limit, peak resident memory",
  target: `< ${limitMiB} MiB`,
  met: peakMiB < limitMiB,
});

/** Twice the input may take at most 2.5 times the CPU, the start of Node.js excluded. */
const growth = (what: string, half: Cost, full: Cost, base: Cost): Figure => {
  const factor = (full.cpuSeconds - base.cpuSeconds) / (half.cpuSeconds - base.cpuSeconds);
  return {
    what,
    measured: `${factor.toFixed(1)} ×`,
    against: `${half.cpuSeconds.toFixed(2)} s → ${full.cpuSeconds.toFixed(2)} s for twice the size`,
    target: "linear: ≤ 2.5 ×",
    met: factor <= 2.5,
  };
};

/** How the cost of the core commands grows with the platform, and what starting the command line costs. */
export async function growthOfCommands(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-growth-"));
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  try {
    const base = cost(["--version"]);
    const help = cost(["--help"]);
    const [services2500, services5000, services10000] = [
      await file("2500.yaml", platformOf(2_500)),
      await file("5000.yaml", platformOf(5_000)),
      await file("10000.yaml", platformOf(10_000)),
    ];
    const [stores2500, stores5000] = [
      await file("s2500.yaml", storesOf(2_500)),
      await file("s5000.yaml", storesOf(5_000)),
    ];
    const findings = [0, 1];
    const check = (path: string) => cost(["check", path, "-e", "production"], findings);
    const render = (path: string, output: string) =>
      cost(["render", path, "-e", "production", "-t", "kubernetes", "-o", join(directory, output)]);
    const checked = { stores: check(stores5000), half: check(services5000), full: check(services10000) };
    const rendered = { half: render(services2500, "r2500"), full: render(services5000, "r5000") };
    const thousand = check(await file("1000.yaml", platformOf(1_000)));
    const suggested = cost(["suggest", await file("100.yaml", platformOf(100))], findings);
    const small = await file("50.yaml", platformOf(50));
    render(small, "r50");
    const changed = await file("50.yaml", platformOf(50, "# changed\n"));
    const diff = (path: string, output: string) =>
      cost(["render", path, "-e", "production", "-t", "kubernetes", "-o", join(directory, output), "--diff"], findings);
    return [
      cpu("--version", base, 0.15),
      cpu("--help", help, 0.15),
      cpu("check, 1,000 services", thousand, 1.5),
      cpu("suggest, 100 services, 15 promises to keep", suggested, 3),
      cpu("check, 5,000 stores", checked.stores, 3),
      growth("check, 2,500 → 5,000 stores", check(stores2500), checked.stores, base),
      growth("check, 5,000 → 10,000 services", checked.half, checked.full, base),
      cpu("render to Kubernetes, 5,000 services", rendered.full, 12),
      growth("render to Kubernetes, 2,500 → 5,000 services", rendered.half, rendered.full, base),
      memory("render --diff, 50 services, one line changed", diff(changed, "r50"), 250),
      memory("render --diff, 50 new services", diff(changed, "new"), 250),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
