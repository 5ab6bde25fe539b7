import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keelson } from "./platform.js";
import { median } from "./processes.js";
import type { Figure } from "./report.js";

/** Duration of a complete process in milliseconds, median of five after one warm-up. Accepts the exit codes in `allowed`. */
function time(args: readonly string[], allowed: readonly number[] = [0]): number {
  const run = (): number => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [keelson, ...args], { maxBuffer: 1 << 30 });
    if (status === null || !allowed.includes(status))
      throw new Error(`keelson ${args.join(" ")} exited with ${status}:\n${stderr}`);
    return performance.now() - started;
  };
  run();
  return median(Array.from({ length: 5 }, run));
}

/** A file of `count` services, each of which calls the next two and one of `count / 50` databases. */
function generated(count: number): string {
  const databases = Math.max(1, Math.floor(count / 50));
  const lines = ["platform: generated", "image: registry.example.com/app:1.0.0", "services:"];
  for (let index = 0; index < count; index += 1) {
    const calls = [index + 1, index + 2].filter((other) => other < count).map((other) => `service-${other}`);
    lines.push(`  service-${index}:`);
    lines.push(`    image: registry.example.com/service-${index}:1.0.0`);
    lines.push("    port: 8080");
    lines.push("    replicas: 2..4");
    lines.push("    cpu: 100m..200m");
    lines.push("    memory: 64Mi..128Mi");
    lines.push(`    calls: [${[...calls, `database-${index % databases}`].join(", ")}]`);
  }
  lines.push("stores:");
  for (let index = 0; index < databases; index += 1) lines.push(`  database-${index}: { postgres: 17 }`);
  return `${lines.join("\n")}\n`;
}

const limit = (what: string, ms: number, target: number): Figure => ({
  what,
  measured: `${ms.toFixed(0)} ms`,
  against: "limit, complete process",
  target: `< ${target} ms`,
  met: ms < target,
});

/** The commands that users and pipelines run most often. */
export async function commands(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-commands-"));
  try {
    const bare = median(
      Array.from({ length: 5 }, () => {
        const started = performance.now();
        spawnSync(process.execPath, ["-e", "0"]);
        return performance.now() - started;
      }),
    );
    const sizes = [1000, 10_000];
    const times: number[] = [];
    for (const size of sizes) {
      const file = join(directory, `${size}.yaml`);
      await writeFile(file, generated(size));
      times.push(time(["plan", file, "--json"]));
    }
    const [thousand = Number.NaN, tenThousand = Number.NaN] = times;
    const factor = (tenThousand - bare) / (thousand - bare);
    return [
      limit("check echollama prod-ha", time(["check", "echollama", "-e", "prod-ha"], [0, 1]), 300),
      limit("promises echollama prod-ha", time(["promises", "echollama", "-e", "prod-ha"], [0, 1]), 300),
      limit(
        "render echollama prod-ha to Kubernetes",
        time(["render", "echollama", "-e", "prod-ha", "-t", "kubernetes", "-o", join(directory, "k")]),
        1000,
      ),
      limit(
        "render echollama prod-ha to Compose",
        time(["render", "echollama", "-e", "prod-ha", "-t", "compose", "-o", join(directory, "c")]),
        1000,
      ),
      limit("plan, 1,000 services", thousand, 1000),
      {
        what: "plan, 10,000 services",
        measured: `${tenThousand.toFixed(0)} ms`,
        against: `${factor.toFixed(1)} × the time of 1,000, start of node (${bare.toFixed(0)} ms) subtracted from both`,
        target: "linear: ≤ 12 ×",
        met: factor <= 12,
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
