import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher } from "undici";
import { z } from "zod";
import type { Connection, Identity } from "./connection.js";
import { type Asked, KubernetesError, notFromKubernetes, refusal, unreachable } from "./errors.js";
import { describe, LiveObject, type ObjectReference } from "./live-object.js";

/** The name under which Keelson owns the fields that it applies. */
const fieldManager = "keelson";

const requestTimeout = 30_000;
/** Waits before a request is tried again that the server was too busy to answer. */
const retryAfter = [200, 1000, 3000];

interface RequestOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  readonly signal?: AbortSignal;
}

export interface ApplyOptions {
  readonly dryRun?: boolean;
  /** Takes fields over from other managers. */
  readonly force?: boolean;
  readonly manager?: string;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: LiveObject;
}

interface Kind {
  readonly plural: string;
  readonly namespaced: boolean;
}

const ResourceList = z.looseObject({
  resources: z.array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
const ObjectList = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional(), continue: z.string().optional() }),
  items: z.array(z.looseObject({})),
});
const Event = z.looseObject({ type: z.string(), object: z.looseObject({}) });

/** A thin client of the Kubernetes API: what Keelson needs of it, and nothing else. Close it when done. */
export class KubernetesClient {
  readonly #connection: Connection;
  readonly #kinds = new Map<string, Promise<ReadonlyMap<string, Kind>>>();
  /** Some clusters are reached under a path of a shared host. */
  readonly #basePath: string;
  readonly #origin: string;
  #agent: { readonly client: Identity["client"]; readonly agent: Agent } | undefined;

  constructor(connection: Connection) {
    const server = new URL(connection.server);
    this.#connection = connection;
    this.#origin = server.origin;
    this.#basePath = server.pathname.replace(/\/+$/, "");
  }

  get description(): string {
    return this.#connection.description;
  }

  async close(): Promise<void> {
    await this.#agent?.agent.destroy();
  }

  /** Whether the cluster has this kind: it may come with an operator that is not installed. */
  async knows(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#kindsOf(apiVersion)).has(kind);
  }

  /** The object, or undefined when there is none. */
  async get(reference: ObjectReference): Promise<LiveObject | undefined> {
    const path = await this.#pathOf(reference);
    try {
      return LiveObject.parse(await this.#send("GET", path, `read ${describe(reference)}`));
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a kind with these labels, in one namespace (or the whole cluster), page by page. */
  async list(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
  ): Promise<{ readonly items: readonly LiveObject[]; readonly resourceVersion: string }> {
    const collection = await this.#collection(apiVersion, kind, namespace);
    const items: LiveObject[] = [];
    let resourceVersion = "";
    let page: string | undefined;
    do {
      const query = new URLSearchParams({ labelSelector: selectorOf(labels), limit: "500" });
      if (page) query.set("continue", page);
      const answer = ObjectList.parse(await this.#send("GET", `${collection}?${query}`, `list ${kind}`));
      // The items of a list leave out what is the same for all of them.
      items.push(...answer.items.map((item) => LiveObject.parse({ apiVersion, kind, ...item })));
      resourceVersion = answer.metadata.resourceVersion ?? "";
      page = answer.metadata.continue;
    } while (page);
    return { items, resourceVersion };
  }

  /** Server-side apply; fields that the kind does not have are refused. */
  async apply(object: ObjectReference, options: ApplyOptions = {}): Promise<LiveObject> {
    const query = new URLSearchParams({ fieldManager: options.manager ?? fieldManager, fieldValidation: "Strict" });
    if (options.dryRun) query.set("dryRun", "All");
    if (options.force) query.set("force", "true");
    const path = `${await this.#pathOf(object)}?${query}`;
    return LiveObject.parse(
      await this.#send("PATCH", path, `apply ${describe(object)}`, object, "application/apply-patch+yaml"),
    );
  }

  /** Creates an object that must not exist yet. */
  async create(object: ObjectReference, options: Pick<ApplyOptions, "dryRun"> = {}): Promise<LiveObject> {
    const query = new URLSearchParams({ fieldManager, fieldValidation: "Strict" });
    if (options.dryRun) query.set("dryRun", "All");
    const collection = await this.#collection(object.apiVersion, object.kind, object.metadata.namespace);
    return LiveObject.parse(await this.#send("POST", `${collection}?${query}`, `create ${describe(object)}`, object));
  }

  /** Deletes an object and, in the background, what it owns. An object that does not exist is no error. */
  async delete(object: ObjectReference & { readonly metadata: { readonly uid?: string | undefined } }): Promise<void> {
    // Only the object that was read: one created since under the same name stays.
    const { uid } = object.metadata;
    const options = { propagationPolicy: "Background", ...(uid !== undefined && { preconditions: { uid } }) };
    try {
      await this.#send("DELETE", await this.#pathOf(object), `delete ${describe(object)}`, options);
    } catch (error) {
      if (!(error instanceof KubernetesError && error.status === 404)) throw error;
    }
  }

  /**
   * Changes of a kind after `resourceVersion`, until `signal` ends it. Ends by itself when the server closes the stream or
   * no longer knows the version: then list again.
   */
  async *watch(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const query = new URLSearchParams({ watch: "1", labelSelector: selectorOf(labels), resourceVersion });
    const path = `${await this.#collection(apiVersion, kind, namespace)}?${query}`;
    const asked = this.#asked("GET", path, `watch ${kind}`);
    const answer = await this.#dispatch(asked, { headersTimeout: requestTimeout, bodyTimeout: 0, signal });
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, parseJson(await answer.body.text()), asked);
    let rest = "";
    answer.body.setEncoding("utf8");
    try {
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (line.trim() === "") continue;
          const event = Event.safeParse(parseJson(line)).data;
          if (event === undefined) throw notFromKubernetes(line, this.#connection.server, asked);
          if (event.type === "ERROR") return;
          if (event.type === "ADDED" || event.type === "MODIFIED" || event.type === "DELETED")
            yield { type: event.type, object: LiveObject.parse({ apiVersion, kind, ...event.object }) };
        }
      }
    } catch (error) {
      if (error instanceof KubernetesError) throw error;
      if (!signal.aborted) throw unreachable(error, this.#connection.server, asked);
    }
  }

  async #pathOf(reference: ObjectReference): Promise<string> {
    const collection = await this.#collection(reference.apiVersion, reference.kind, reference.metadata.namespace);
    return `${collection}/${encodeURIComponent(reference.metadata.name)}`;
  }

  async #collection(apiVersion: string, kind: string, namespace: string | undefined): Promise<string> {
    const found = (await this.#kindsOf(apiVersion)).get(kind);
    if (!found) throw new KubernetesError("kubernetes/unknown-kind", `this cluster knows no ${kind} in ${apiVersion}`);
    const scope = found.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${groupPath(apiVersion)}${scope}/${found.plural}`;
  }

  /** Discovered once per group and version; again after a failure. */
  #kindsOf(apiVersion: string): Promise<ReadonlyMap<string, Kind>> {
    const group = groupPath(apiVersion);
    const cached = this.#kinds.get(group);
    if (cached) return cached;
    const discovered = this.#discover(group);
    this.#kinds.set(group, discovered);
    discovered.catch(() => this.#kinds.delete(group));
    return discovered;
  }

  async #discover(group: string): Promise<ReadonlyMap<string, Kind>> {
    const answer = await this.#send("GET", group, `discover the kinds of ${group}`).catch((error: unknown) => {
      if (error instanceof KubernetesError && error.status === 404) return { resources: [] };
      throw error;
    });
    const whole = ResourceList.parse(answer).resources.filter((resource) => !resource.name.includes("/"));
    return new Map(whole.map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]));
  }

  async #send(
    method: Asked["method"],
    path: string,
    what: string,
    body?: unknown,
    type = "application/json",
  ): Promise<unknown> {
    const asked = this.#asked(method, path, what);
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": type } };
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#dispatch(asked, {
        ...sent,
        headersTimeout: requestTimeout,
        bodyTimeout: requestTimeout,
      });
      const text = await answer.body.text();
      if (answer.statusCode < 400) return text === "" ? {} : parseJson(text);
      const wait = retryAfter[attempt];
      if (!(answer.statusCode === 429 || answer.statusCode === 503) || wait === undefined)
        throw refusal(answer.statusCode, parseJson(text), asked);
      await sleep(wait);
    }
  }

  async #dispatch(asked: Asked, options: RequestOptions): Promise<Dispatcher.ResponseData> {
    const identity = await this.#connection.credentials();
    const headers = {
      accept: "application/json",
      ...options.headers,
      ...(identity.authorization !== undefined && { authorization: identity.authorization }),
    };
    try {
      return await this.#agentFor(identity).request({
        ...options,
        headers,
        origin: this.#origin,
        path: this.#basePath + asked.path,
        method: asked.method,
      });
    } catch (error) {
      throw unreachable(error, this.#connection.server, asked);
    }
  }

  #asked(method: Asked["method"], path: string, what: string): Asked {
    return { method, path, what, connection: this.#connection.description };
  }

  /** One pool of connections for as long as the client certificate stays the same. */
  #agentFor(identity: Identity): Agent {
    const { client } = identity;
    if (this.#agent && this.#agent.client?.certificate === client?.certificate) return this.#agent.agent;
    const { authority, verify, serverName } = this.#connection;
    const agent = new Agent({
      connections: 8,
      connect: {
        rejectUnauthorized: verify,
        ...(authority !== undefined && { ca: authority }),
        ...(serverName !== undefined && { servername: serverName }),
        ...(client && { cert: client.certificate, key: client.key }),
      },
    });
    this.#agent?.agent.close().catch(() => undefined);
    this.#agent = { client, agent };
    return agent;
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/** A response that is not JSON (the page of a proxy) is kept as text, for the message. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 500);
  }
}
