import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Certificate } from "./certificates.js";

/** An object as the API server returns it; callers parse `spec`, `status` and other fields. */
export const ApiObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
export type ApiObject = z.infer<typeof ApiObject>;

const Status = z.looseObject({ message: z.string() });

export interface Response {
  readonly status: number;
  readonly body: unknown;
}

/** An error response of the API server, with its message. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly request: string,
    message: string,
  ) {
    super(`${request}: ${status} ${message}`);
  }
}

/**
 * The connection of the tests to the API server, as administrator. Independent of the program's client, which the tests
 * verify with it.
 */
export class Api {
  readonly #agent: Agent;

  private constructor(
    readonly url: string,
    credentials: { ca: string; cert: string; key: string },
  ) {
    this.#agent = new Agent({ ...credentials, keepAlive: true, maxSockets: 8 });
  }

  static async open(url: string, ca: string, admin: Certificate): Promise<Api> {
    const [authority, cert, key] = await Promise.all([ca, admin.cert, admin.key].map((file) => readFile(file, "utf8")));
    if (authority === undefined || cert === undefined || key === undefined) throw new Error("no certificates");
    return new Api(url, { ca: authority, cert, key });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** One request; resolves with any HTTP status. Rejects if there is no response within 10 s. */
  call(method: string, path: string, body?: unknown, type = "application/json"): Promise<Response> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.url}${path}`,
        { method, agent: this.#agent, timeout: 10_000, headers: body === undefined ? {} : { "content-type": type } },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (chunk: string) => {
            text += chunk;
          });
          answer.on("error", reject);
          answer.on("end", () => {
            const json = answer.headers["content-type"]?.startsWith("application/json") === true;
            resolve({ status: answer.statusCode ?? 0, body: json ? JSON.parse(text) : text });
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** As `call`, with every status of 400 and above as an `ApiError`. */
  async demand(method: string, path: string, body?: unknown, type?: string): Promise<unknown> {
    const answer = await this.call(method, path, body, type);
    if (answer.status < 400) return answer.body;
    const status = Status.safeParse(answer.body);
    throw new ApiError(answer.status, `${method} ${path}`, status.success ? status.data.message : String(answer.body));
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await this.demand("GET", path));
  }

  async list<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
    return (await this.get(path, z.looseObject({ items: z.array(schema) }))).items;
  }

  create(path: string, object: unknown): Promise<unknown> {
    return this.demand("POST", path, object);
  }

  merge(path: string, patch: unknown): Promise<unknown> {
    return this.demand("PATCH", path, patch, "application/merge-patch+json");
  }

  delete(path: string): Promise<unknown> {
    return this.demand("DELETE", path);
  }

  /** Server-side apply; rejects unknown and duplicate fields. */
  async apply(object: ApiObject, { dryRun = false } = {}): Promise<unknown> {
    const path = await this.pathOf(object);
    return this.demand(
      "PATCH",
      `${path}?fieldManager=tests&fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`,
      object,
      "application/apply-patch+yaml",
    );
  }

  readonly #resources = new Map<string, Map<string, { plural: string; namespaced: boolean }>>();

  /** The path of an object, from the discovery of its kind. */
  async pathOf(object: ApiObject): Promise<string> {
    const group = object.apiVersion.includes("/") ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
    let kinds = this.#resources.get(group);
    if (kinds === undefined) {
      const found = await this.get(
        group,
        z.looseObject({
          resources: z.array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
        }),
      );
      const main = found.resources.filter((resource) => !resource.name.includes("/"));
      kinds = new Map(
        main.map((resource) => [resource.kind, { plural: resource.name, namespaced: resource.namespaced }]),
      );
      this.#resources.set(group, kinds);
    }
    const kind = kinds.get(object.kind);
    if (kind === undefined) throw new Error(`the API server does not serve ${object.kind} in ${object.apiVersion}`);
    const namespace = kind.namespaced ? `/namespaces/${object.metadata.namespace ?? "default"}` : "";
    return `${group}${namespace}/${kind.plural}/${object.metadata.name}`;
  }

  /** Polls a list until `done` returns true; fails with `describe` of the last list. */
  async waitFor<T>(
    what: string,
    limit: number,
    path: string,
    schema: z.ZodType<T>,
    done: (items: readonly T[]) => boolean,
    describe: (items: readonly T[]) => string = () => "",
  ): Promise<readonly T[]> {
    const deadline = performance.now() + limit;
    for (;;) {
      const items = await this.list(path, schema);
      if (done(items)) return items;
      if (performance.now() > deadline) throw new Error(`${what}: not within ${limit / 1000} s\n${describe(items)}`);
      await sleep(100);
    }
  }
}
