import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { ownerOfProcess } from "../../src/disk/lock.js";
import { orphansOf, waitForOrphans } from "../../src/local/orphans.js";
import { freePort } from "../../src/postgres/server.js";
import { type Cleanups, keelson, program, type Up, until, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const STREAMS = 40;

/** One streamed answer, as its client saw it. */
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
  test("in mid-stream, and started again at once: every answer goes on and is counted once, as its client had it", async () => {
    const first = await up(cleanups);
    const key = await first.key();
    const orphan = await serving(first);
    const streams = Array.from({ length: STREAMS }, (_, number) => stream(first, key, number));
    const underWay = async () => {
      const metrics = await (await fetch(`${first.url}/metrics`)).text();
      return Number(/^keelson_http_requests_in_flight (\d+)$/m.exec(metrics)?.[1]);
    };
    await until(async () => (await underWay()) >= STREAMS, 10_000, "every stream with the gateway");
    // The model answers some at a time: a second later some are out, some are in the middle, and some are still to begin.
    await sleep(1000);
    first.child.kill("SIGKILL");
    const again = await up(cleanups, { cwd: first.cwd, port: first.port });

    // No other process writes the same journal: the old one had exited before the new one started.
    expect(again.err()).toContain(`waiting for process ${orphan} of a killed platform to finish its requests`);
    expect(again.err()).toContain(`process ${orphan} has finished`);
    // It may still lie there as a zombie, where the first process of the machine takes its time.
    expect(await ownerOfProcess(orphan)).toBeUndefined();
    const seen = await Promise.all(streams);
    expect(seen.filter(({ complete }) => !complete)).toEqual([]);
    await until(async () => (await ledger(again.data)).length >= STREAMS, 20_000, "every stream in the ledger");
    const expected = seen.map(({ id, outputTokens }) => ({ id, output: outputTokens, status: 200, estimated: false }));
    expect(await ledger(again.data)).toEqual(expected.sort((a, b) => (a.id < b.id ? -1 : 1)));
    const { out } = await keelson(again.cwd, ["usage", "--json", "--data", again.data]);
    expect(JSON.parse(out).totals).toMatchObject({ requests: STREAMS, errors: 0, estimated: 0 });
    const said = readFileSync(join(again.data, "logs/platform.log"), "utf8");
    expect(said).not.toMatch(/EEXIST|a crash had cut/);
  }, 180_000);

  test("during its start: what it started ends by itself, and the next start has the port", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const port = await freePort();
    const began = spawn(process.execPath, [program, "up", "--port", String(port), "--data", data], {
      cwd,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(began, "exit");
    let said = "";
    began.stderr?.on("data", (words: Buffer) => {
      said += words.toString();
    });
    await until(() => said.includes("starting platform"), 60_000, "the start of the modules");
    await until(async () => (await orphansOf({ modules: join(data, "modules") })).length > 0, 10_000, "its process");
    await sleep(100);
    began.kill("SIGKILL");
    await ended;
    const next = await up(cleanups, { cwd, port });
    expect(next.tookMs).toBeLessThan(30_000);
    const left = await orphansOf({ modules: join(data, "modules") });
    expect(left.map(({ pid }) => pid)).toEqual([await serving(next)]);
  }, 180_000);
});

/** A process with the command line of a `keelson serve` that never ends by itself. */
async function hanging(cwd: string, data: string, args: readonly string[] = []): Promise<ChildProcess> {
  const script = join(cwd, "keelson.js");
  writeFileSync(script, "setInterval(() => {}, 1000); process.on('SIGTERM', () => {}); console.log('here');");
  const child = spawn(process.execPath, [script, "serve", "--plan", join(cwd, "plan.json"), "--data", data, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

describe("a serving process that its platform left behind", () => {
  test("is waited for no longer than its requests may take, and then killed; no other process is touched", async () => {
    const cwd = workDirectory(cleanups);
    const modules = join(cwd, "modules");
    mkdirSync(join(modules, "platform"), { recursive: true });
    mkdirSync(join(cwd, "modules-of-another/platform"), { recursive: true });
    const orphan = await hanging(cwd, join(modules, "platform"), ["--unit", "gateway"]);
    const other = await hanging(cwd, join(cwd, "modules-of-another/platform"));
    const said: string[] = [];
    const asked: (string | undefined)[] = [];
    const began = performance.now();
    const limit = (unit: string | undefined) => {
      asked.push(unit);
      return 700;
    };
    const gone = once(orphan, "exit");
    await waitForOrphans({ modules }, limit, (what) => said.push(what));
    await gone;
    expect(performance.now() - began).toBeGreaterThan(700);
    expect(asked).toEqual(["gateway"]);
    expect(orphan.signalCode).toBe("SIGKILL");
    expect(other).toMatchObject({ exitCode: null, signalCode: null });
    expect(said).toEqual([
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
      `import("node:http").then((http) => http.createServer().listen(${port}, "127.0.0.1", () => console.log("here")));`,
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
