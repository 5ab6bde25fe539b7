import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Pod } from "./pods.js";
import type { RealCluster } from "./real-node.js";

const Service = z.looseObject({
  spec: z.looseObject({ clusterIP: z.string(), ports: z.array(z.looseObject({ port: z.number() })) }),
});
const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });
const NewKey = z.looseObject({ key: z.string() });
const Usage = z.looseObject({ totals: z.looseObject({ requests: z.number() }) });
const Chat = z.strictObject({ whole: z.string(), streamed: z.string(), tokens: z.number() });
const Load = z.strictObject({
  answered: z.number(),
  failed: z.number(),
  failures: z.array(z.string()),
  /** Milliseconds. */
  gap: z.number(),
});

export interface RunningLoad {
  /** Stops after the requests in flight. */
  finish(): Promise<z.infer<typeof Load>>;
}

/** A platform deployed to a real node, called through its Services from the network of the node. */
export class PlatformOnNode {
  #loads = 0;

  constructor(
    readonly cluster: RealCluster,
    readonly namespace: string,
  ) {}

  pods(): Promise<readonly Pod[]> {
    return this.cluster.plane.api.list(`/api/v1/namespaces/${this.namespace}/pods`, Pod);
  }

  /** A new API key of scope inference. */
  async newKey(name: string): Promise<string> {
    const body = JSON.stringify({ name, scopes: ["inference"] });
    const url = `${await this.address("accounts")}/admin/keys`;
    return (await this.#request(NewKey, { url, method: "POST", headers: await this.#admin(), body })).key;
  }

  /** The number of requests in the usage ledger, of all keys. */
  async countedRequests(): Promise<number> {
    const url = `${await this.address("usage")}/admin/usage`;
    return (await this.#request(Usage, { url, headers: await this.#admin() })).totals.requests;
  }

  async chat(key: string, question: unknown): Promise<z.infer<typeof Chat>> {
    const client = { baseURL: `${await this.address("gateway")}/v1`, apiKey: key, maxRetries: 0 };
    return Chat.parse(await this.#run("chat.js", { client, question }));
  }

  /** Steady load on the gateway by eight callers, for at most 90 s. */
  async startLoad(key: string): Promise<RunningLoad> {
    this.#loads += 1;
    const until = join(this.cluster.plane.folder, `load-${this.#loads}-is-over`);
    const messages = [{ role: "user", content: "Go on." }];
    const load = this.#run("load.js", {
      url: `${await this.address("gateway")}/v1/chat/completions`,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "assistant", max_tokens: 4, messages }),
      until,
      limit: 90_000,
    });
    // Awaited when the load has finished; until then a rejection must not count as unhandled.
    load.catch(() => undefined);
    return {
      finish: async () => {
        await writeFile(until, "");
        return Load.parse(await load);
      },
    };
  }

  async #request<T>(schema: z.ZodType<T>, request: unknown): Promise<T> {
    return schema.parse(await this.#run("request.js", request));
  }

  /** Runs a script of `on-node/` on the node, where Service addresses are reachable. */
  async #run(script: string, input: unknown): Promise<unknown> {
    const file = fileURLToPath(new URL(`./on-node/${script}`, import.meta.url));
    return JSON.parse(await this.cluster.machine.run([process.execPath, file, JSON.stringify(input)], 120_000));
  }

  /** The base URL of a Service, from the network of the node. */
  async address(name: string): Promise<string> {
    const { spec } = await this.cluster.plane.api.get(`/api/v1/namespaces/${this.namespace}/services/${name}`, Service);
    return `http://${spec.clusterIP}:${spec.ports[0]?.port}`;
  }

  /** The operator token, which administrators of the cluster can read. */
  async #admin(): Promise<Record<string, string>> {
    const path = `/api/v1/namespaces/${this.namespace}/secrets/internal`;
    const { data } = await this.cluster.plane.api.get(path, Secret);
    const token = Buffer.from(data["operator-token"] ?? "", "base64").toString();
    return { authorization: `Bearer ${token}`, "content-type": "application/json" };
  }
}
