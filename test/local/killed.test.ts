import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { ownerOfProcess } from "../../src/disk/lock.js";
import { freePort } from "../../src/local/free-port.js";
import { orphansOf, waitForOrphans } from "../../src/local/orphans.js";
import { getInternally } from "../support/gateway/gateway.js";
import { type Cleanups, keelson, program, type Up, until, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const STREAMS = 40;

/** One streamed response, as its client received it. */
interface Streamed {
  readonly id: string;
  readonly outputTokens: number;
  readonly complete: boolean;
}

async function stream(platform: Up, key: string, number: number): Promise<Streamed> {
  const response = await fetch(`${platform.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "assistant",
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 200,
      messages: [{ role: "user", content: `A long story of the ${number}th voyage, please.` }],
    }),
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  return {
    id: response.headers.get("x-request-id") ?? "",
    outputTokens: Number(/"completion_tokens":(\d+)/.exec(text)?.[1] ?? Number.NaN),
    complete: text.endsWith("data: [DONE]\n\n"),
  };
}

interface Counted {
  readonly id: string;
  readonly output: number;
  readonly status: number;
  readonly estimated: boolean;
}

async function ledger(data: string): Promise<Counted[]> {
  const url = readFileSync(join(data, "secrets/database/url"), "utf8");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT set_config('keelson.organisation', '*', true)");
    const { rows } = await client.query<Counted>(
      "SELECT id, output_tokens::int AS output, status, estimated FROM usage_events ORDER BY id",
    );
    return rows;
  } finally {
    await client.end();
  }
}

const serving = async (platform: Up): Promise<number> =>
  (await platform.status()).processes.find(({ name }) => name === "platform")?.pid ?? 0;

describe("keelson up killed with -9", () => {
  test("during streams and restarted at once: every stream completes and is counted once, with the client's own count", async () => {
    const first = await up(cleanups);
    const key = await first.key();
    const orphan = await serving(first);
    const streams = Array.from({ length: STREAMS }, (_, number) => stream(first, key, number));
    const inFlight = async () => {
      const metrics = await (await getInternally(first.url, "/metrics", join(first.data, "secrets"))).text();
      return Number(/^keelson_http_requests_in_flight (\d+)$/m.exec(metrics)?.[1]);
    };
    await until(async () => (await inFlight()) >= STREAMS, 10_000, "every stream with the gateway");
    // The model serves some streams at a time: now some are complete, some are in flight, and some wait in the queue.
    await until(async () => (await inFlight()) <= STREAMS, 20_000, "the first complete stream");
    first.child.kill("SIGKILL");
    const again = await up(cleanups, { cwd: first.cwd, port: first.port });

    // No other process writes the same journal: the old one had exited before the new one started.
    expect(again.err()).toContain(`waiting for process ${orphan} of a killed platform to finish its requests`);
    expect(again.err()).toContain(`process ${orphan} has finished`);
    // It may still exist as a zombie until init reaps it.
    expect(await ownerOfProcess(orphan)).toBeUndefined();
    const received = await Promise.all(streams);
    expect(received.filter(({ complete }) => !complete)).toEqual([]);
    await until(async () => (await ledger(again.data)).length >= STREAMS, 20_000, "every stream in the ledger");
    const expected = received.map(({ id, outputTokens }) => ({
      id,
      output: outputTokens,
      status: 200,
      estimated: false,
    }));
    expect(await ledger(again.data)).toEqual(expected.sort((a, b) => (a.id < b.id ? -1 : 1)));
    const { out } = await keelson(again.cwd, ["usage", "--json", "--data", again.data]);
    expect(JSON.parse(out).totals).toMatchObject({ requests: STREAMS, errors: 0, estimated: 0 });
    const log = readFileSync(join(again.data, "logs/platform.log"), "utf8");
    expect(log).not.toMatch(/EEXIST|a crash interrupted/);
  }, 180_000);

  test("during its start: its processes exit by themselves, and the next start uses the port", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const port = await freePort();
    const first = spawn(process.execPath, [program, "up", "--port", String(port), "--data", data], {
      cwd,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(first, "exit");
    let output = "";
    first.stderr?.on("data", (text: Buffer) => {
      output += text.toString();
    });
    await until(() => output.includes("starting platform"), 60_000, "the start of the modules");
    await until(async () => (await orphansOf({ modules: join(data, "modules") })).length > 0, 10_000, "its process");
    await until(() => existsSync(join(data, "modules/platform")), 10_000, "the start of its kernel");
    first.kill("SIGKILL");
    await ended;
    const next = await up(cleanups, { cwd, port });
    expect(next.tookMs).toBeLessThan(30_000);
    const left = await orphansOf({ modules: join(data, "modules") });
    expect(left.map(({ pid }) => pid)).toEqual([await serving(next)]);
  }, 180_000);
});

/** A process with the command line of a `keelson serve` that never exits by itself. */
async function hanging(cwd: string, data: string, args: readonly string[] = []): Promise<ChildProcess> {
  const script = join(cwd, "keelson.js");
  writeFileSync(script, "setInterval(() => {}, 1000); process.on('SIGTERM', () => {}); console.log('started');");
  const child = spawn(process.execPath, [script, "serve", "--plan", join(cwd, "plan.json"), "--data", data, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

describe("a serving process whose platform was killed", () => {
  test("is killed after the time that its requests may take; no other process is affected", async () => {
    const cwd = workDirectory(cleanups);
    const modules = join(cwd, "modules");
    mkdirSync(join(modules, "platform"), { recursive: true });
    mkdirSync(join(cwd, "modules-of-another/platform"), { recursive: true });
    const orphan = await hanging(cwd, join(modules, "platform"), ["--unit", "gateway"]);
    const other = await hanging(cwd, join(cwd, "modules-of-another/platform"));
    const progress: string[] = [];
    const units: (string | undefined)[] = [];
    const startedAt = performance.now();
    const limit = (unit: string | undefined) => {
      units.push(unit);
      return 700;
    };
    const exited = once(orphan, "exit");
    await waitForOrphans({ modules }, limit, (what) => progress.push(what));
    await exited;
    expect(performance.now() - startedAt).toBeGreaterThan(700);
    expect(units).toEqual(["gateway"]);
    expect(orphan.signalCode).toBe("SIGKILL");
    expect(other).toMatchObject({ exitCode: null, signalCode: null });
    expect(progress).toEqual([
      expect.stringMatching(new RegExp(`^waiting for process ${orphan.pid} of a killed platform .* 1 s\\)$`)),
      `process ${orphan.pid} has not finished within 1 s; killing it`,
    ]);
  });

  test("that uses another platform's port is reported with its data directory", async () => {
    const cwd = workDirectory(cleanups);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? address?.port : undefined;
    taken.close();
    const script = join(cwd, "keelson.js");
    writeFileSync(
      script,
      `import("node:http").then((http) => http.createServer().listen(${port}, "127.0.0.1", () => console.log("listening")));`,
    );
    const plan = join(cwd, "gone/plan.json");
    const orphan = spawn(process.execPath, [script, "serve", "--plan", plan, "--modules", "gateway"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    cleanups.push(() => orphan.kill("SIGKILL"));
    await once(orphan.stdout, "data");
    const { code, err } = await keelson(cwd, ["up", "--port", String(port), "--data", join(cwd, "data")]);
    expect(code).toBe(1);
    expect(err).toContain(
      `port ${port} is in use by a process of a killed platform on ${join(cwd, "gone")} (pid ${orphan.pid})`,
    );
  });
});
