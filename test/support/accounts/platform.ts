import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { request } from "undici";
import type { Accounts } from "../../../src/runtime/accounts/client.js";
import { accountsOverHttp, startAccounts } from "../../../src/runtime/accounts/index.js";
import type { Database } from "../../../src/runtime/database/client.js";
import { startDatabase } from "../../../src/runtime/database/index.js";
import { defineModules } from "../../../src/runtime/kernel/define.js";
import { type Kernel, startKernel } from "../../../src/runtime/kernel/kernel.js";
import type { ListenerLimits } from "../../../src/runtime/kernel/listener.js";
import type { Usage } from "../../../src/runtime/usage/client.js";
import { startUsage, usageOverHttp } from "../../../src/runtime/usage/index.js";
import { smallPlan } from "./plan.js";

/** The tested modules, as the program declares them. */
const modules = defineModules({
  database: { needs: [], start: startDatabase },
  accounts: { needs: ["database"], start: startAccounts, remote: accountsOverHttp },
  usage: { needs: ["database", "accounts"], start: startUsage, remote: usageOverHttp },
});

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of any response.
  readonly body: any;
  readonly text: string;
}

export interface Call {
  /** An API key, or a token of the platform. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a Buffer or a string as it is. */
  readonly body?: unknown;
}

/** One process of the platform, within the test process, behind a real listener. */
export interface Platform {
  readonly kernel: Kernel;
  readonly url: string;
  /** The operator token. */
  readonly token: string;
  readonly internalToken: string;
  readonly firstKey: string;
  readonly database: Database;
  readonly accounts: Accounts;
  readonly usage: Usage;
  call(method: string, path: string, options?: Call): Promise<Answer>;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly modules?: readonly string[];
  readonly peers?: Readonly<Record<string, string>>;
  /** Shared by processes of one platform. */
  readonly secretsDirectory?: string;
  readonly limits?: Partial<ListenerLimits>;
}

export async function startPlatform(databaseUrl: string, options: PlatformOptions = {}): Promise<Platform> {
  const home = await mkdtemp(join(tmpdir(), "keelson-accounts-"));
  const secretsDirectory = options.secretsDirectory ?? join(home, "secrets");
  await mkdir(join(secretsDirectory, "database"), { recursive: true });
  await writeFile(join(secretsDirectory, "database/url"), databaseUrl);
  const kernel = await startKernel(modules, {
    plan: smallPlan(),
    modules: options.modules ?? ["accounts", "usage"],
    listen: { host: "127.0.0.1", port: 0 },
    dataDirectory: join(home, "data"),
    secretsDirectory,
    ...(options.peers ? { peers: options.peers } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
    log: pino({ level: process.env["KEELSON_LOG"] ?? "silent" }),
  });
  const secret = (name: string): Promise<string> => readFile(join(secretsDirectory, name), "utf8").catch(() => "");
  return {
    kernel,
    url: kernel.url,
    token: await secret("internal/operator-token"),
    internalToken: await secret("internal/token"),
    firstKey: await secret("first-key/key"),
    database: kernel.client("database") as Database,
    accounts: kernel.client("accounts") as Accounts,
    usage: kernel.client("usage") as Usage,
    call: (method, path, call) => send(kernel.url, method, path, call),
    stop: async () => {
      await kernel.stop({ grace: 5_000 });
      await rm(home, { recursive: true, force: true });
    },
  };
}

export async function send(url: string, method: string, path: string, call: Call = {}): Promise<Answer> {
  const raw = typeof call.body === "string" || Buffer.isBuffer(call.body);
  const response = await request(`${url}${path}`, {
    method: method as "GET",
    headers: {
      ...(call.key === undefined ? {} : { authorization: `Bearer ${call.key}` }),
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: raw ? (call.body as string | Buffer) : JSON.stringify(call.body) }),
  });
  const text = await response.body.text();
  const json = String(response.headers["content-type"] ?? "").startsWith("application/json");
  return { status: response.statusCode, headers: response.headers, body: json ? JSON.parse(text) : text, text };
}

/** Both halves of the session that a response starts, as request headers. */
export function sessionOf(answer: Answer): Record<string, string> {
  const set = [answer.headers["set-cookie"] ?? []].flat()[0] ?? "";
  return { cookie: set.split(";", 1)[0] ?? "", "x-keelson": String(answer.body.proof) };
}
