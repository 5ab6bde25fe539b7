import { z } from "zod";
import type { Connection } from "./connection.js";
import { KubernetesError } from "./errors.js";
import { describe, LiveObject, type ObjectReference } from "./live-object.js";
import { type SendParameters, Transport, type TransportOptions } from "./transport.js";

/** The field manager of server-side apply. */
export const FIELD_MANAGER = "keelson";

/** After this time the API server ends a watch, and the caller lists and watches again. */
const WATCH_SECONDS = 60;
const WATCH_MARGIN_MS = 30_000;
const PAGE_SIZE = 500;
/** A hundred thousand objects of one kind in a namespace, ten times the largest platform that was deployed. */
const MAX_PAGES = 200;

export interface ApplyOptions {
  readonly dryRun?: boolean;
  /** Takes fields over from other managers. */
  readonly force?: boolean;
  readonly manager?: string;
  /** Receives each warning of the API server about the object. */
  readonly warn?: (warning: string) => void;
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

/**
 * A minimal client of the Kubernetes API. Close it after use. Every request throws a `KubernetesError` if the API server
 * rejects it or is unreachable.
 */
export class KubernetesClient {
  readonly #connection: Connection;
  readonly #options: TransportOptions;
  readonly #transport: Transport;
  readonly #kinds = new Map<string, Promise<ReadonlyMap<string, Kind>>>();

  constructor(connection: Connection, options: TransportOptions = {}) {
    this.#connection = connection;
    this.#options = options;
    this.#transport = new Transport(connection, options);
  }

  /** What makes the connection insecure, for the user. */
  get warnings(): readonly string[] {
    const { server, verify, description } = this.#connection;
    if (server.startsWith("http:")) return [`the connection to ${server} is not encrypted (${description})`];
    if (verify) return [];
    return [`the certificate of ${server} is not verified: insecure-skip-tls-verify is set (${description})`];
  }

  get description(): string {
    return this.#connection.description;
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** A client of the same cluster with connections of its own, whose requests `signal` aborts. Close it after use. */
  cancellable(signal: AbortSignal): KubernetesClient {
    return new KubernetesClient(this.#connection, { ...this.#options, signal });
  }

  /** Whether the cluster serves this kind. A custom resource is absent if its operator is not installed. */
  async hasKind(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#kindsOf(apiVersion)).has(kind);
  }

  /** The name of a kind in quotas and permissions: `deployments.apps`, `services`. */
  async resourceName(apiVersion: string, kind: string): Promise<string | undefined> {
    const plural = (await this.#kindsOf(apiVersion)).get(kind)?.plural;
    const [group, version] = apiVersion.split("/");
    return plural === undefined || version === undefined ? plural : `${plural}.${group}`;
  }

  /** The object; undefined if it does not exist. */
  async get(reference: ObjectReference): Promise<LiveObject | undefined> {
    const path = await this.#pathOf(reference);
    try {
      return await this.#object("GET", path, `read ${describe(reference)}`);
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a kind with these labels and fields, in one namespace or in the whole cluster. Reads all pages. */
  async list(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly items: readonly LiveObject[]; readonly resourceVersion: string }> {
    const collection = await this.#collection(apiVersion, kind, namespace);
    const items: LiveObject[] = [];
    const operation = `list ${kind}`;
    let page: string | undefined;
    for (let pages = 1; pages <= MAX_PAGES; pages += 1) {
      const query = new URLSearchParams({ ...selectors(labels, fields), limit: String(PAGE_SIZE) });
      if (page) query.set("continue", page);
      const path = `${collection}?${query}`;
      const response = await this.#transport.send("GET", path, operation);
      const { items: found, metadata } = this.#transport.parsed(ObjectList, response, operation);
      // The items of a list have no apiVersion and kind.
      for (const item of found)
        items.push(this.#transport.parsed(LiveObject, { apiVersion, kind, ...item }, operation));
      const { resourceVersion = "", continue: next } = metadata;
      if (!next) return { items, resourceVersion };
      page = next;
    }
    throw new KubernetesError("kubernetes/failed", `${operation}: the list has more than ${MAX_PAGES} pages`);
  }

  /** Server-side apply; the API server rejects unknown fields. */
  async apply(object: ObjectReference, options: ApplyOptions = {}): Promise<LiveObject> {
    const query = new URLSearchParams({ fieldManager: options.manager ?? FIELD_MANAGER, fieldValidation: "Strict" });
    if (options.dryRun) query.set("dryRun", "All");
    if (options.force) query.set("force", "true");
    const path = `${await this.#pathOf(object)}?${query}`;
    const operation = `apply ${describe(object)}`;
    return this.#object("PATCH", path, operation, object, "application/apply-patch+yaml", options.warn);
  }

  /** Creates an object; fails if it exists. */
  async create(object: ObjectReference, options: Pick<ApplyOptions, "dryRun"> = {}): Promise<LiveObject> {
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, fieldValidation: "Strict" });
    if (options.dryRun) query.set("dryRun", "All");
    const collection = await this.#collection(object.apiVersion, object.kind, object.metadata.namespace);
    return this.#object("POST", `${collection}?${query}`, `create ${describe(object)}`, object);
  }

  /** Replaces an object; fails with a conflict if `metadata.resourceVersion` is not its current version. */
  async replace(object: ObjectReference, options: Pick<ApplyOptions, "dryRun"> = {}): Promise<LiveObject> {
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, fieldValidation: "Strict" });
    if (options.dryRun) query.set("dryRun", "All");
    const path = `${await this.#pathOf(object)}?${query}`;
    return this.#object("PUT", path, `replace ${describe(object)}`, object);
  }

  /** Changes fields of an object by a merge patch (RFC 7386). */
  async merge(object: ObjectReference, patch: object, options: Pick<ApplyOptions, "dryRun"> = {}): Promise<LiveObject> {
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, fieldValidation: "Strict" });
    if (options.dryRun) query.set("dryRun", "All");
    const path = `${await this.#pathOf(object)}?${query}`;
    return this.#object("PATCH", path, `change ${describe(object)}`, patch, "application/merge-patch+json");
  }

  /** Writes the field managers of an object as it was read; fails with a conflict if it has changed since. */
  async replaceManagedFields(object: LiveObject, managedFields: readonly unknown[]): Promise<void> {
    const operations = [
      { op: "test", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
      { op: "replace", path: "/metadata/managedFields", value: managedFields },
    ];
    const path = `${await this.#pathOf(object)}?${new URLSearchParams({ fieldManager: FIELD_MANAGER })}`;
    const operation = `take over fields of ${describe(object)}`;
    await this.#transport.send("PATCH", path, operation, operations, "application/json-patch+json");
  }

  /**
   * Deletes an object and, in the background, its dependents; with `orphan`, its dependents stay. Does nothing if the object
   * does not exist.
   */
  async delete(
    object: ObjectReference & { readonly metadata: { readonly uid?: string | undefined } },
    { orphan = false }: { readonly orphan?: boolean } = {},
  ): Promise<void> {
    // Only the object that was read: an object created since with the same name is not deleted.
    const { uid } = object.metadata;
    const options = {
      propagationPolicy: orphan ? "Orphan" : "Background",
      ...(uid !== undefined && { preconditions: { uid } }),
    };
    try {
      await this.#transport.send("DELETE", await this.#pathOf(object), `delete ${describe(object)}`, options);
    } catch (error) {
      if (!(error instanceof KubernetesError && error.status === 404)) throw error;
    }
  }

  /**
   * Changes of a kind after `resourceVersion`, until `signal` aborts. Also ends when the server closes the stream or the
   * version has expired (410 Gone): then list again.
   */
  async *watch(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
    resourceVersion: string,
    signal: AbortSignal,
    fields: Readonly<Record<string, string>> = {},
  ): AsyncGenerator<WatchEvent> {
    const query = new URLSearchParams({
      watch: "1",
      ...selectors(labels, fields),
      resourceVersion,
      allowWatchBookmarks: "true",
      timeoutSeconds: String(WATCH_SECONDS),
    });
    const path = `${await this.#collection(apiVersion, kind, namespace)}?${query}`;
    const operation = `watch ${kind}`;
    // The API server ends the stream after `timeoutSeconds`: a stream that is silent for longer hangs.
    const silenceMs = WATCH_SECONDS * 1000 + WATCH_MARGIN_MS;
    for await (const line of this.#transport.lines(path, operation, { silenceMs, signal })) {
      const event = this.#transport.parsed(Event, line, operation);
      // BOOKMARK events have no object to report. An ERROR (410 Gone) means that the version has expired.
      if (event.type === "ERROR") return;
      if (event.type === "ADDED" || event.type === "MODIFIED" || event.type === "DELETED") {
        const object = this.#transport.parsed(LiveObject, { apiVersion, kind, ...event.object }, operation);
        yield { type: event.type, object };
      }
    }
  }

  async #pathOf(reference: ObjectReference): Promise<string> {
    const collection = await this.#collection(reference.apiVersion, reference.kind, reference.metadata.namespace);
    return `${collection}/${encodeURIComponent(reference.metadata.name)}`;
  }

  async #collection(apiVersion: string, kind: string, namespace: string | undefined): Promise<string> {
    const found = (await this.#kindsOf(apiVersion)).get(kind);
    if (!found)
      throw new KubernetesError(
        "kubernetes/unknown-kind",
        `the cluster does not serve the kind ${kind} in ${apiVersion}`,
      );
    const scope = found.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${groupPath(apiVersion)}${scope}/${found.plural}`;
  }

  /** Discovered once per group and version; again after a failure or an empty answer. */
  #kindsOf(apiVersion: string): Promise<ReadonlyMap<string, Kind>> {
    const group = groupPath(apiVersion);
    const cached = this.#kinds.get(group);
    if (cached) return cached;
    const discovered = this.#discover(group);
    this.#kinds.set(group, discovered);
    // Not cached without kinds: the CustomResourceDefinitions of an operator may be installed during a deploy.
    discovered.then(
      (kinds) => kinds.size === 0 && this.#kinds.delete(group),
      () => this.#kinds.delete(group),
    );
    return discovered;
  }

  async #discover(group: string): Promise<ReadonlyMap<string, Kind>> {
    const response = await this.#transport
      .send("GET", group, `discover the kinds of ${group}`)
      .catch((error: unknown) => {
        if (error instanceof KubernetesError && error.status === 404) return { resources: [] };
        throw error;
      });
    const { resources: all } = this.#transport.parsed(ResourceList, response, `discover the kinds of ${group}`);
    const resources = all.filter((resource) => !resource.name.includes("/"));
    return new Map(resources.map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]));
  }

  /** A request whose response is an object. */
  async #object(...request: SendParameters): Promise<LiveObject> {
    return this.#transport.parsed(LiveObject, await this.#transport.send(...request), request[2]);
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function selectors(labels: Readonly<Record<string, string>>, fields: Readonly<Record<string, string>>) {
  return { labelSelector: selectorOf(labels), fieldSelector: selectorOf(fields) };
}

function selectorOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
