import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { serverProcesses } from "../../src/postgres/strays.js";
import { PostgresClient } from "../../src/postgres-client/client.js";
import { BACKOFF_RESET_MS } from "../../src/promises/facts/supervisor.js";
import { type Cleanups, type Up, up, workDirectory } from "../../test/support/local/keelson.js";
import { type Case, defineCase, ofRow, type Rig } from "../case.js";
import { observe, REQUEST_TIMEOUT_MS } from "../load.js";

/** Every module in one process. The model is simulated: how long a process takes to recover depends on no model. */
const platform = `platform: calibrated
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database, assistant], expose: true }
models: { assistant: { source: any, engine: simulated } }
stores: { database: { postgres: 17 } }
environments: { local: { provide: embedded } }
`;

const LIMIT_MS = 90_000;

/** What of the platform fails, and how its clients notice. */
interface Target {
  readonly subject: "gateway" | "database";
  /** Finds the processes that receive the signal: those of the gateway before the load, those of the database at the fault. */
  locate(platform: Up): Promise<() => Promise<readonly number[]>>;
  client(platform: Up): Promise<{ request(abort: AbortSignal): Promise<undefined>; close(): Promise<void> }>;
}

const gateway: Target = {
  subject: "gateway",
  locate: async (running) => {
    const { processes } = await running.status();
    const pids = processes.flatMap(({ name, pid }) => (name === "postgres" ? [] : (pid ?? [])));
    return async () => pids;
  },
  client: async (running) => {
    const headers = { authorization: `Bearer ${await running.key()}`, "content-type": "application/json" };
    const body = JSON.stringify({ model: "assistant", max_tokens: 1, messages: [{ role: "user", content: "hello" }] });
    return {
      request: async (signal) => {
        const response = await fetch(`${running.url}/v1/chat/completions`, { method: "POST", headers, body, signal });
        const text = await response.text();
        if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
        return undefined;
      },
      close: async () => undefined,
    };
  },
};

const database: Target = {
  subject: "database",
  // A new connection has a new process.
  locate: async (running) => () => serverProcesses(join(running.data, "postgres/data")),
  client: async (running) => {
    const connectionString = (await readFile(join(running.data, "secrets/database/url"), "utf8")).trim();
    const limits = { connectionTimeoutMillis: 1_000, query_timeout: REQUEST_TIMEOUT_MS };
    const pool = new pg.Pool({ Client: PostgresClient, connectionString, max: 8, ...limits });
    // An idle connection that breaks is replaced by the pool; the failure shows in the next write.
    pool.on("error", () => undefined);
    await pool.query("CREATE TABLE IF NOT EXISTS calibration (at timestamptz NOT NULL)");
    return {
      request: async () => {
        await pool.query("INSERT INTO calibration VALUES (now())");
        return undefined;
      },
      close: () => pool.end(),
    };
  },
};

async function start(target: Target, signal: NodeJS.Signals): Promise<Rig<"rto">> {
  const cleanups: Cleanups = [];
  const stop = async () => {
    for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next();
  };
  try {
    const cwd = workDirectory(cleanups);
    await writeFile(join(cwd, "platform.yaml"), platform);
    const running = await up(cleanups, { cwd });
    const client = await target.client(running);
    cleanups.push(() => client.close());
    let lastFault = 0;
    return {
      versions: { Node: process.versions.node, "embedded PostgreSQL": await databaseVersion(running) },
      measure: async () => {
        // Faults are assessed one at a time: the process has been stable for so long that its back-off is reset.
        await sleep(Math.max(0, lastFault + BACKOFF_RESET_MS - Date.now()));
        const processes = await target.locate(running);
        const inject = async () => {
          for (const pid of await processes()) process.kill(pid, signal);
        };
        const { outcome } = await observe({ request: client.request, inject, limitMs: LIMIT_MS });
        lastFault = Date.now();
        return { rto: outcome };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function databaseVersion(running: Up): Promise<string> {
  return (await readFile(join(running.data, "postgres/data/PG_VERSION"), "utf8")).trim();
}

function oneMachine(
  target: Target,
  signal: "SIGKILL" | "SIGSTOP",
  own: Pick<Case, "name" | "title" | "runs" | "short">,
  whyLarge?: string,
): Case {
  return defineCase({
    ...own,
    platform,
    environment: "local",
    needs: [],
    figures: {
      rto: {
        what: "RTO",
        predicted: ofRow("process-crash", target.subject, "rto"),
        ...(whyLarge === undefined ? {} : { whyLarge }),
      },
    },
    start: () => start(target, signal),
  });
}

const WHY_CRASH =
  "the row covers a hang as well, which is measured apart: a process that exits is noticed and restarted at once";

export const gatewayCrash = oneMachine(
  gateway,
  "SIGKILL",
  { name: "up-gateway-crash", title: "`keelson up`: kill -9 of the process with every module", runs: 5, short: true },
  WHY_CRASH,
);
export const gatewayHang = oneMachine(gateway, "SIGSTOP", {
  name: "up-gateway-hang",
  title: "`keelson up`: the process with every module hangs (SIGSTOP)",
  runs: 5,
});
export const databaseCrash = oneMachine(
  database,
  "SIGKILL",
  { name: "up-database-crash", title: "`keelson up`: kill -9 of every process of PostgreSQL", runs: 5, short: true },
  WHY_CRASH,
);
export const databaseHang = oneMachine(database, "SIGSTOP", {
  name: "up-database-hang",
  title: "`keelson up`: every process of PostgreSQL hangs (SIGSTOP)",
  runs: 5,
});
