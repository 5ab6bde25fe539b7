import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Logger, pino } from "pino";
import type { Actor, Credential, KeyChange, Principal } from "../../../src/contracts/credentials.js";
import type { MeasuredModel, UsageEvent } from "../../../src/contracts/usage.js";
import { makePlan, type Plan } from "../../../src/plan/index.js";
import { readPlatform } from "../../../src/platform-file/index.js";
import type { Accounts } from "../../../src/runtime/accounts/client.js";
import { createToken } from "../../../src/runtime/accounts/token.js";
import { enginesOfPlan, startEngine } from "../../../src/runtime/engine/index.js";
import { startGateway } from "../../../src/runtime/gateway/index.js";
import { defineModules } from "../../../src/runtime/kernel/define.js";
import { type Kernel, startKernel } from "../../../src/runtime/kernel/kernel.js";
import type { ListenerLimits } from "../../../src/runtime/kernel/listener.js";
import type { Running } from "../../../src/runtime/kernel/module.js";
import type { Usage } from "../../../src/runtime/usage/client.js";

/** The plan of a platform file's text, in its first environment. */
export function planOf(text: string): Plan {
  const parsed = readPlatform({ file: "test.yaml", text });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const planned = makePlan(parsed.platform);
  if (!planned.ok) throw new Error(JSON.stringify(planned.diagnostics));
  return planned.plan;
}

/** A plan whose models external servers serve; `models` is the YAML of that section, `more` of other sections. */
export function planWith(models: string, more = ""): Plan {
  return planOf(`platform: test
${more}
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database], expose: true }
models:
${models.replaceAll(/^/gm, "  ")}
stores:
  database: { postgres: 17 }
`);
}

const keys = new Map<string, string>();

/** A key in the form of the accounts module, the same for each call with the name. */
export function keyNamed(name: string): string {
  const named = keys.get(name) ?? createToken("kls");
  keys.set(name, named);
  return named;
}

export const key = keyNamed("of the tests");

const principal: Principal = {
  keyId: "key-1",
  organisation: "org-1",
  user: undefined,
  scopes: ["inference"],
  models: undefined,
  expires: undefined,
};

/** A fake client of the accounts module, with keys in memory and without the rules of the module. */
export class TestAccounts implements Accounts {
  readonly keys = new Map<string, Principal>([[hash(key), principal]]);
  readonly #listeners = new Set<(change: KeyChange) => void>();
  /** Calls of `authenticate`. */
  lookups = 0;
  unavailable = false;
  /** How long a look-up takes. */
  lookupMs = 0;

  async authenticate(keyHash: string): Promise<Principal | undefined> {
    this.lookups += 1;
    if (this.lookupMs > 0) await new Promise((resolve) => setTimeout(resolve, this.lookupMs));
    if (this.unavailable) throw new Error("accounts is unavailable");
    return this.keys.get(keyHash);
  }

  /** Any token of the form of the operator token is the operator. */
  async identify({ kind }: Credential): Promise<Actor | undefined> {
    if (kind !== "operator") return undefined;
    return { name: "operator", organisation: "org-1", role: "owner", scopes: ["admin"], operator: true };
  }

  async nameKeys(): Promise<Readonly<Record<string, string>>> {
    return {};
  }

  watch(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(text: string, who: Partial<Principal>): void {
    this.keys.set(hash(text), { ...principal, ...who });
    this.notify({ kind: "changed", hash: hash(text) });
  }

  revoke(text: string): void {
    this.keys.delete(hash(text));
    this.notify({ kind: "changed", hash: hash(text) });
  }

  notify(change: KeyChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** A ledger in memory with the contract of the real one: it stores each id once, and a settled event replaces an estimated one. */
export class TestUsage implements Usage {
  readonly events = new Map<string, UsageEvent>();
  unavailable = false;
  /** Calls of `record`. */
  records = 0;

  async record(events: readonly UsageEvent[]): Promise<void> {
    this.records += 1;
    if (this.unavailable) throw new Error("the ledger is unavailable");
    for (const event of events) {
      const known = this.events.get(event.id);
      if (known === undefined || known.estimated) this.events.set(event.id, event);
    }
  }

  async measuredModels(): Promise<readonly MeasuredModel[]> {
    return [];
  }

  /** Resolves once the ledger contains `count` events. */
  async settled(count: number): Promise<readonly UsageEvent[]> {
    for (let waited = 0; waited < 5000 && this.events.size < count; waited += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return [...this.events.values()];
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export interface TestGateway {
  readonly url: string;
  readonly kernel: Kernel;
  readonly accounts: TestAccounts;
  readonly usage: TestUsage;
  readonly directory: string;
  /** POSTs JSON (or bytes as they are) with the key of the tests. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

interface TestGatewayOptions {
  readonly limits?: Partial<ListenerLimits>;
  readonly directory?: string;
  readonly log?: Logger;
  /** Values of secrets by `NAME/KEY`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The engines run in another process. */
  readonly remoteEngines?: boolean;
}

/** The real kernel, gateway and engine modules in this process, with accounts and ledger in memory. */
export async function startTestGateway(plan: Plan, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const accounts = new TestAccounts();
  const usage = new TestUsage();
  const still =
    <Client>(client: Client) =>
    async (): Promise<Running<Client>> => ({ client, stop: async () => {} });
  const table = defineModules({
    accounts: { needs: [], start: still<Accounts>(accounts) },
    usage: { needs: [], start: still<Usage>(usage) },
    engine: { needs: [], start: startEngine, remotePerModel: enginesOfPlan },
    gateway: { needs: ["accounts", "usage", "engine"], start: startGateway },
  });
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "keelson-gateway-")));
  for (const [name, value] of Object.entries(options.secrets ?? {})) {
    await mkdir(join(directory, "secrets", dirname(name)), { recursive: true });
    await writeFile(join(directory, "secrets", name), value);
  }
  const kernel = await startKernel(table, {
    plan,
    modules: ["gateway", ...(options.remoteEngines ? [] : ["engine"]), "accounts", "usage"],
    listen: { host: "127.0.0.1", port: 0 },
    dataDirectory: join(directory, "data"),
    secretsDirectory: join(directory, "secrets"),
    log: options.log ?? pino({ level: process.env["KEELSON_LOG"] ?? "silent" }),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  return {
    url: kernel.url,
    kernel,
    accounts,
    usage,
    directory,
    post: (path, body, headers = {}) =>
      fetch(`${kernel.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      }),
    metrics: async () => (await getInternally(kernel.url, "/metrics", join(directory, "secrets"))).text(),
    stop: async () => {
      await kernel.stop({ grace: 5000 });
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Requests a page of a process that requires the internal token, which is among its secrets. */
export async function getInternally(url: string, path: string, secretsDirectory: string): Promise<Response> {
  const token = await readFile(join(secretsDirectory, "internal/token"), "utf8");
  return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

/** The value of one series; 0 if it does not exist. */
export function metric(text: string, name: string, labels: Record<string, string> = {}): number {
  const line = text
    .split("\n")
    .find(
      (candidate) =>
        candidate.startsWith(name) &&
        /[{ ]/.test(candidate[name.length] ?? "") &&
        Object.entries(labels).every(([label, value]) => candidate.includes(`${label}="${value}"`)),
    );
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ") + 1));
}
