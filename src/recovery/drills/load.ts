import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { Agent, request } from "undici";
import { z } from "zod";
import type { Probe } from "./probes.js";
import type { Sample } from "./sample.js";

/** Steady work against a platform, until it is stopped. */
export interface Load {
  readonly samples: readonly Sample[];
  /** Ends it; resolves once the last answer is in. */
  stop(): Promise<void>;
}

/** Longest wait of a client for one answer. */
const PATIENCE = 10_000;
/** Open loop: work is sent by the clock, not when there is an answer. Beyond so many under way it counts as failed. */
const MOST_UNDER_WAY = 400;

/** Sends one piece of work `rate` times a second, whatever becomes of the earlier ones. */
function steady(rate: number, kind: Sample["kind"], work: (n: number) => Promise<string | undefined>): Load {
  const samples: Sample[] = [];
  const underWay = new Set<Promise<void>>();
  let running = true;

  async function one(n: number): Promise<void> {
    const sent = Date.now();
    const reference = underWay.size >= MOST_UNDER_WAY ? undefined : await work(n).catch(() => undefined);
    samples.push({ kind, sent, ended: Date.now(), ok: reference !== undefined, reference });
  }

  async function run(): Promise<void> {
    const begun = performance.now();
    for (let n = 0; running; n += 1) {
      const due = begun + (n * 1000) / rate;
      await sleep(Math.max(0, due - performance.now()));
      if (!running) return;
      const work = one(n);
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    }
  }

  const loop = run();
  return {
    samples,
    async stop() {
      running = false;
      await loop;
      await Promise.all(underWay);
    },
  };
}

export interface RequestLoad {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  /** Requests each second. */
  readonly rate: number;
}

const answerSchema = z.object({
  choices: z.array(z.unknown()).min(1),
  usage: z.object({ completion_tokens: z.number() }),
});

/** Chat requests over HTTP. An acknowledged one is a whole answer with success; its id must be in the ledger. */
export function chatLoad({ url, key, model, rate }: RequestLoad): Load {
  const agent = new Agent({
    connections: 64,
    headersTimeout: PATIENCE,
    bodyTimeout: PATIENCE,
    connect: { timeout: 2000 },
  });
  const load = steady(rate, "request", async (n) => {
    const { statusCode, headers, body } = await request(`${url}/v1/chat/completions`, {
      method: "POST",
      dispatcher: agent,
      signal: AbortSignal.timeout(PATIENCE),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model, max_tokens: 8, messages: [{ role: "user", content: `drill ${n}` }] }),
    });
    const text = await body.text();
    if (statusCode !== 200) return undefined;
    answerSchema.parse(JSON.parse(text));
    const id = headers["x-request-id"];
    return typeof id === "string" ? id : undefined;
  });
  return {
    samples: load.samples,
    async stop() {
      await load.stop();
      await agent.destroy();
    },
  };
}

export interface ProbeLoad {
  readonly url: string;
  /** Key or token. */
  readonly credential: string;
  readonly probe: Probe;
  /** Probes each second. */
  readonly rate: number;
}

/** Asks one element steadily. A success is its own answer, whole. */
export function probeLoad({ url, credential, probe, rate }: ProbeLoad): Load {
  const agent = new Agent({ connections: 8, connect: { timeout: 2000 } });
  const { path, accept, body: asked } = probe;
  const load = steady(rate, "probe", async () => {
    const { statusCode, body } = await request(`${url}${path}`, {
      dispatcher: agent,
      signal: AbortSignal.timeout(PATIENCE),
      headers: { authorization: `Bearer ${credential}`, accept, ...(asked && { "content-type": "application/json" }) },
      ...(asked ? { method: "POST", body: JSON.stringify(asked) } : { method: "GET" }),
    });
    await body.dump();
    return statusCode === 200 ? probe.subject : undefined;
  });
  return {
    samples: load.samples,
    async stop() {
      await load.stop();
      await agent.destroy();
    },
  };
}

/** The table that the writes of a drill go to; it is dropped afterwards. */
const WRITES = "keelson_drill_writes";

/** A client of the database, with a table of its own. */
export interface Writer {
  /** Begins committed writes, so many each second: what a store's own promise is measured by. */
  load(rate: number): Load;
  /** References of the writes that are in the database now. */
  survivors(): Promise<Set<string>>;
  /** Removes the table and the connections. */
  close(): Promise<void>;
}

export async function openWriter(url: string): Promise<Writer> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 1000,
    query_timeout: 2000,
    application_name: "keelson drill",
  });
  pool.on("error", () => undefined);
  await pool.query(
    `CREATE TABLE IF NOT EXISTS ${WRITES} (n bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`,
  );
  await pool.query(`TRUNCATE ${WRITES}`);
  return {
    load: (rate) =>
      steady(rate, "write", async (n) => {
        await pool.query(`INSERT INTO ${WRITES} (n) VALUES ($1)`, [n]);
        return `write ${n}`;
      }),
    async survivors() {
      const { rows } = await pool.query<{ n: string }>(`SELECT n FROM ${WRITES}`);
      return new Set(rows.map((row) => `write ${row.n}`));
    },
    async close() {
      await pool.query(`DROP TABLE IF EXISTS ${WRITES}`).catch(() => undefined);
      await pool.end();
    },
  };
}
