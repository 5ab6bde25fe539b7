import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { planWith } from "../support/gateway/gateway.js";
import { ServeProcess } from "../support/gateway/processes.js";
import { chunk, event, json, startUpstream, type Upstream } from "../support/gateway/upstream.js";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Row {
  readonly id: string;
  readonly input: number;
  readonly output: number;
  readonly status: number;
  readonly estimated: boolean;
}

/** Two processes, PostgreSQL, and an upstream whose counts tell one request from every other. */
describe("kill -9 of any process under load", () => {
  let postgres: TestPostgres;
  let upstream: Upstream;
  let directory: string;
  let ledger: ServeProcess;
  let gateway: ServeProcess;
  let key: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    upstream = await startUpstream(async ({ path, body }, response) => {
      const number = Number(body.messages?.[0]?.content);
      const usage = { prompt_tokens: number, completion_tokens: 3, total_tokens: number + 3 };
      await sleep(5 + (number % 20));
      if (!body.stream) {
        const choices = [{ index: 0, message: { role: "assistant", content: "aye" }, finish_reason: "stop" }];
        json(response, 200, { id: "a", object: "chat.completion", created: 1, model: "m", choices, usage });
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const word of ["a", "y", "e"]) {
        response.write(chunk(path, body.model, word));
        await sleep(10);
      }
      response.write(event({ id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage }));
      response.end("data: [DONE]\n\n");
    });
    directory = await mkdtemp(join(tmpdir(), "keelson-kill-"));
    const plan = join(directory, "plan.json");
    const secrets = join(directory, "secrets");
    await writeFile(
      plan,
      JSON.stringify(
        planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 64, queue: { deadline: 20s } }`),
      ),
    );
    await mkdir(join(secrets, "database"), { recursive: true });
    await writeFile(join(secrets, "database/url"), postgres.url);
    const [one, two] = [await freePort(), await freePort()];
    const common = (name: string, port: number): string[] => [
      "--plan",
      plan,
      "--listen",
      `127.0.0.1:${port}`,
      "--data",
      join(directory, name),
      "--secrets",
      secrets,
    ];
    ledger = new ServeProcess(["--modules", "accounts,usage", ...common("ledger", one)], `http://127.0.0.1:${one}`);
    const peers = ["--peer", `accounts=${ledger.url}`, "--peer", `usage=${ledger.url}`];
    gateway = new ServeProcess(
      ["--modules", "gateway", ...peers, ...common("gateway", two)],
      `http://127.0.0.1:${two}`,
    );
    await ledger.start();
    await gateway.start();
    key = (await readFile(join(secrets, "first-key/key"), "utf8")).trim();
  });
  afterAll(async () => {
    await gateway?.stop();
    await ledger?.stop();
    await upstream?.stop();
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("leaves a ledger that equals the client's own count: nothing lost, nothing doubled", async () => {
    const whole = new Map<string, number>();
    const broken = new Set<string>();
    let attempts = 0;
    let running = true;
    const client = async (): Promise<void> => {
      while (running) {
        attempts += 1;
        const number = attempts;
        let id: string | undefined;
        try {
          const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
            method: "POST",
            headers: { authorization: `Bearer ${key}` },
            body: JSON.stringify({
              model: "assistant",
              stream: number % 2 === 0,
              messages: [{ role: "user", content: String(number) }],
            }),
          });
          id = answer.headers.get("x-request-id") ?? undefined;
          const text = await answer.text();
          const complete = answer.status === 200 && (number % 2 === 1 || text.endsWith("data: [DONE]\n\n"));
          if (id !== undefined && complete) whole.set(id, number);
          else if (id !== undefined) broken.add(id);
        } catch {
          if (id !== undefined) broken.add(id);
          await sleep(50);
        }
      }
    };
    const clients = Array.from({ length: 16 }, client);
    for (const victim of [gateway, ledger, gateway, ledger, gateway]) {
      await sleep(1200 + Math.random() * 400);
      await victim.kill();
      await sleep(200);
      await victim.start();
    }
    await sleep(1000);
    running = false;
    await Promise.all(clients);
    expect(whole.size).toBeGreaterThan(200);

    const database = new pg.Client({ connectionString: postgres.superuserUrl });
    await database.connect();
    const read = async (): Promise<Row[]> =>
      (
        await database.query(
          "select id, input_tokens::int as input, output_tokens::int as output, status, estimated from usage_events",
        )
      ).rows;
    let rows = await read();
    for (let waited = 0; waited < 15_000; waited += 250) {
      const known = new Set(rows.map(({ id }) => id));
      if ([...whole.keys(), ...broken].every((id) => known.has(id))) break;
      await sleep(250);
      rows = await read();
    }
    await sleep(1000);
    rows = await read();
    const byId = new Map(rows.map((row) => [row.id, row]));
    expect(byId.size).toBe(rows.length);
    // Every answer that came whole is there, once, with the very counts that its upstream gave it.
    for (const [id, number] of whole)
      expect(byId.get(id)).toEqual({ id, input: number, output: 3, status: 200, estimated: false });
    // Every answer that began is there as well.
    for (const id of broken) expect(byId.has(id)).toBe(true);
    // What else is there was cut before its client heard of it: settled by recovery, or settled just before the kill.
    const unheard = rows.filter(({ id }) => !whole.has(id) && !broken.has(id));
    expect(unheard.length).toBeLessThanOrEqual(attempts - whole.size - broken.size);
    for (const row of unheard) expect(row.estimated || row.status === 200 || row.status === 499).toBe(true);
    await database.end();
  }, 120_000);

  it("a drain by SIGTERM loses no answer at all", async () => {
    const failed: string[] = [];
    let answered = 0;
    let running = true;
    const client = async (): Promise<void> => {
      while (running) {
        const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}`, connection: "close" },
          body: JSON.stringify({ model: "assistant", stream: true, messages: [{ role: "user", content: "1" }] }),
        }).catch(() => undefined);
        // Readiness keeps clients away from a process that is not there or is still starting; what it has begun, it ends.
        if (answer === undefined || (answer.status === 503 && answer.headers.get("retry-after") === "1"))
          await sleep(20);
        else {
          const text = await answer.text().catch((error: unknown) => String(error));
          if (text.endsWith("data: [DONE]\n\n")) answered += 1;
          else failed.push(`${answer.status} ${text}`);
        }
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await sleep(500);
    await gateway.stop();
    await gateway.start();
    await sleep(500);
    running = false;
    await Promise.all(clients);
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  }, 60_000);
});
