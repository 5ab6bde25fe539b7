import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DebugPoint } from "../../src/disk/debug-point.js";
import { freePort, startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { getInternally, metric, planWith } from "../support/gateway/gateway.js";
import { ServeProcess, untilReady } from "../support/gateway/processes.js";
import { chunk, event, json, startUpstream, type Upstream } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

/** Response time of the upstream: long enough that a kill hits requests in every phase. */
const takes = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Row {
  readonly id: string;
  readonly input: number;
  readonly output: number;
  readonly status: number;
  readonly estimated: boolean;
}

/** Two processes, PostgreSQL, and an upstream whose counts identify each request. */
describe("kill -9 of any process under load", () => {
  let postgres: TestPostgres;
  let upstream: Upstream;
  let directory: string;
  let ledger: ServeProcess;
  let gateway: ServeProcess;
  let key: string;
  let attempts = 0;
  /** Complete responses of all tests, with the number that their counts contain. */
  const expected = new Map<string, number>();
  /** Interrupted responses of all tests. */
  const started = new Set<string>();

  beforeAll(async () => {
    postgres = await startPostgres();
    upstream = await startUpstream(async ({ path, body }, response) => {
      const number = Number(body.messages?.[0]?.content);
      const usage = { prompt_tokens: number, completion_tokens: 3, total_tokens: number + 3 };
      await takes(5 + (number % 20));
      if (!body.stream) {
        const choices = [{ index: 0, message: { role: "assistant", content: "aye" }, finish_reason: "stop" }];
        json(response, 200, { id: "a", object: "chat.completion", created: 1, model: "m", choices, usage });
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const word of ["a", "y", "e"]) {
        response.write(chunk(path, body.model, word));
        await takes(10);
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

  /** Clients that send requests, also while the gateway is down, and count what they received. */
  function startTraffic() {
    const complete = new Map<string, number>();
    const broken = new Set<string>();
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
          const ended = answer.status === 200 && (number % 2 === 1 || text.endsWith("data: [DONE]\n\n"));
          if (id !== undefined && ended) complete.set(id, number);
          else if (id !== undefined) broken.add(id);
        } catch {
          if (id !== undefined) broken.add(id);
          if (running) await untilReady(gateway.url);
        }
      }
    };
    const clients = Array.from({ length: 16 }, client);
    return {
      complete,
      broken,
      stop: async () => {
        running = false;
        await Promise.all(clients);
      },
    };
  }

  async function expectExactLedger({ complete, broken }: ReturnType<typeof startTraffic>): Promise<void> {
    for (const [id, number] of complete) expected.set(id, number);
    for (const id of broken) started.add(id);
    const database = new pg.Client({ connectionString: postgres.superuserUrl });
    await database.connect();
    try {
      let rows: readonly Row[] = [];
      await until(
        async () => {
          const unpublished = metric(
            await (await getInternally(gateway.url, "/metrics", join(directory, "secrets"))).text(),
            "keelson_usage_unpublished_events",
          );
          rows = (
            await database.query(
              "select id, input_tokens::int as input, output_tokens::int as output, status, estimated from usage_events",
            )
          ).rows;
          const counted = new Set(rows.map(({ id }) => id));
          return unpublished === 0 && [...expected.keys(), ...started].every((id) => counted.has(id));
        },
        "every answer in the ledger",
        20_000,
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      expect(byId.size).toBe(rows.length);
      // Every complete response is counted once, with the counts of its upstream.
      for (const [id, number] of expected)
        expect(byId.get(id)).toEqual({ id, input: number, output: 3, status: 200, estimated: false });
      // The rest was cut before its client received an id: settled at the next start, or just before the kill.
      const unseen = rows.filter(({ id }) => !expected.has(id) && !started.has(id));
      expect(unseen.length).toBeLessThanOrEqual(attempts - expected.size - started.size);
      for (const row of unseen) expect(row.estimated || row.status === 200 || row.status === 499).toBe(true);
    } finally {
      await database.end();
    }
  }

  it.each<DebugPoint>(["journal/durable", "publisher/recorded", "journal/published"])(
    "at %s leaves a ledger that equals the client's own count",
    async (point) => {
      const traffic = startTraffic();
      await until(() => traffic.complete.size > 40, "traffic before the kill", 30_000);
      // The gateway kills itself at the debug point, also in its first steps after a restart.
      for (const count of [1, 10]) {
        await gateway.stop();
        await gateway.start({ KEELSON_DEBUG_POINT: `${point}:${count}` }, "until it is killed");
        expect(await gateway.ended()).toBe("SIGKILL");
        await gateway.start();
        const before = traffic.complete.size;
        await until(() => traffic.complete.size > before + 10, "traffic after the restart", 30_000);
      }
      await traffic.stop();
      await expectExactLedger(traffic);
    },
    120_000,
  );

  it("in any order and at any time leaves a ledger that equals the client's own count", async () => {
    const traffic = startTraffic();
    for (const victim of [gateway, ledger, gateway, ledger, gateway]) {
      const before = traffic.complete.size;
      await until(() => traffic.complete.size > before + 40, "traffic before the kill", 30_000);
      await victim.kill();
      await victim.start();
    }
    const before = traffic.complete.size;
    await until(() => traffic.complete.size > before + 40, "traffic after the last restart", 30_000);
    await traffic.stop();
    await expectExactLedger(traffic);
  }, 120_000);

  it("differs from SIGTERM: a drain loses no response", async () => {
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
        // Load balancers send no requests to a process that is not ready; it completes the requests in flight.
        if (answer === undefined || (answer.status === 503 && answer.headers.get("retry-after") === "1")) {
          await untilReady(gateway.url);
        } else {
          const text = await answer.text().catch((error: unknown) => String(error));
          if (text.endsWith("data: [DONE]\n\n")) answered += 1;
          else failed.push(`${answer.status} ${text}`);
        }
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await until(() => answered > 10, "responses before the drain");
    await gateway.stop();
    await gateway.start();
    const before = answered;
    await until(() => answered > before + 10, "responses after the restart");
    running = false;
    await Promise.all(clients);
    expect(failed).toEqual([]);
  }, 60_000);
});
