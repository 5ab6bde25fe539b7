import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Load {
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** Posts `body` over keep-alive connections from one wrk thread. Failed counts socket errors and statuses other than 2xx. */
export async function wrk(load: Load): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-bench-"));
  try {
    const script = join(directory, "post.lua");
    await writeFile(join(directory, "body.json"), load.body);
    await writeFile(
      script,
      [
        `local file = io.open("${join(directory, "body.json")}", "rb")`,
        'wrk.method = "POST"',
        'wrk.body = file:read("*a")',
        'wrk.headers["content-type"] = "application/json"',
        ...Object.entries(load.headers ?? {}).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`),
        "done = function(summary, latency, requests)",
        '  io.write(string.format("RESULT %d %d %f %d\\n", summary.requests, summary.duration, latency:percentile(99),',
        "    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))",
        "end",
      ].join("\n"),
    );
    const { stdout } = await promisify(execFile)("wrk", [
      "-t1",
      `-c${load.connections}`,
      `-d${load.seconds}s`,
      "--timeout",
      "10s",
      "-s",
      script,
      load.url,
    ]);
    const match = /RESULT (\d+) (\d+) ([\d.]+) (\d+)/.exec(stdout);
    if (!match) throw new Error(`wrk printed no result:\n${stdout}`);
    const [requests, micros, p99, failed] = match.slice(1).map(Number);
    if (requests === undefined || micros === undefined || p99 === undefined || failed === undefined) {
      throw new Error("wrk printed an incomplete result");
    }
    return { requests, perSecond: requests / (micros / 1e6), p99Ms: p99 / 1000, failed };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
