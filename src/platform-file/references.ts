import type { ErrorCode } from "../errors/catalogue.js";
import { findCycles } from "./cycles.js";
import type { Diagnostic } from "./diagnostic.js";
import { MODULE_PORT } from "./modules.js";
import { readOutside } from "./outside.js";
import { formatPath, type Segment } from "./path.js";
import { type ModelInput, standardClasses } from "./schema/models.js";
import type { Settings } from "./schema/platform.js";
import type { ServiceInput } from "./schema/services.js";
import { isBucketInput } from "./schema/stores.js";
import { didYouMean } from "./suggest.js";
import { child, type Mapping, nearest, type SourceMap } from "./tree.js";

type Path = readonly Segment[];
type Workload = ServiceInput | ModelInput;

/** Every name that another part of the file may mention, and whether the mentions hold. */
export function checkReferences(settings: Settings, tree: Mapping, source: SourceMap, base: Mapping): Diagnostic[] {
  const check = new References(settings, tree, source, base);
  check.all();
  return check.diagnostics;
}

/** Words that stand in a list or alone. */
export function many<T>(written: T | readonly T[] | undefined): readonly T[] {
  if (written === undefined) return [];
  return isList(written) ? written : [written];
}

function isList<T>(written: T | readonly T[]): written is readonly T[] {
  return Array.isArray(written);
}

class References {
  readonly diagnostics: Diagnostic[] = [];
  readonly #services: ReadonlyMap<string, ServiceInput>;
  readonly #models: ReadonlyMap<string, ModelInput>;
  readonly #callable: readonly string[];
  readonly #names = new Set<string>();
  readonly #buckets: readonly string[];
  readonly #pools: readonly string[];
  readonly #secrets: readonly string[];
  /** Services that run beside others, and so have no address of their own. */
  readonly #beside = new Map<string, string>();

  constructor(
    readonly settings: Settings,
    readonly tree: Mapping,
    readonly source: SourceMap,
    readonly base: Mapping,
  ) {
    this.#services = new Map(Object.entries(settings.services ?? {}));
    this.#models = new Map(Object.entries(settings.models ?? {}));
    const stores = Object.entries(settings.stores ?? {});
    this.#buckets = stores.filter(([, store]) => isBucketInput(store)).map(([name]) => name);
    this.#pools = Object.keys(settings.nodes ?? {});
    this.#secrets = Object.keys(settings.secrets ?? {});
    this.#callable = [...this.#services.keys(), ...this.#models.keys(), ...stores.map(([name]) => name)];
    for (const name of this.#callable) this.#names.add(name);
    for (const [name, workload] of [...this.#services, ...this.#models])
      for (const sidecar of many(workload.beside)) this.#beside.set(sidecar, name);
  }

  all(): void {
    this.#uniqueNames();
    for (const [name, service] of this.#services) this.#service(name, service);
    for (const [name, model] of this.#models) this.#model(name, model);
    for (const [name, store] of Object.entries(this.settings.stores ?? {})) {
      this.#pool(["stores", name, "nodes"], store.nodes);
      this.#copies(["stores", name, "backups", "to"], store.backups?.to, name);
      if ("readers" in store && store.replicas !== undefined && store.readers !== undefined)
        this.#report(
          ["stores", name, "readers"],
          "spec/conflict",
          "`replicas` counts the readers already",
          "keep one of them",
        );
    }
    this.#copies(["cluster", "backups", "to"], this.settings.cluster?.backups?.to);
    this.#prefixes();
    if (this.settings.entrance && this.settings.entrances)
      this.#report(
        ["entrance"],
        "spec/conflict",
        "`entrance` and `entrances` are both there",
        "move it into `entrances`",
      );
    this.#cycles();
  }

  #report(path: Path, code: ErrorCode, message: string, hint?: string, severity: "error" | "warning" = "error"): void {
    const { key, value, exact } = nearest(this.tree, path);
    const place = exact && value.kind === "scalar" ? value.place : key;
    const length = Math.max(1, Math.min(place.to - place.from, 80));
    this.diagnostics.push({
      code,
      severity,
      message,
      origin: this.source.origin(place),
      path: formatPath(path),
      length,
      hint,
    });
  }

  #unknown(path: Path, kind: string, name: string, known: readonly string[], kinds: readonly string[]): void {
    const environment = this.#removedFrom(name, kinds);
    const hint = environment
      ? `this environment removes \`${name}\` but not this mention of it: write the mention anew there`
      : didYouMean(name, known);
    this.#report(path, "spec/unknown-reference", `there is no ${kind} \`${name}\``, hint);
  }

  /** The base has it, so that this environment's `null` took it away. */
  #removedFrom(name: string, kinds: readonly string[]): boolean {
    return kinds.some((kind) => {
      const group = child(this.base, kind);
      return group !== undefined && child(group, name) !== undefined;
    });
  }

  /** Services, models and stores are called by name and become hosts of one namespace. */
  #uniqueNames(): void {
    const owners = new Map<string, string>();
    for (const group of ["services", "models", "stores"] as const)
      for (const name of Object.keys(this.settings[group] ?? {})) {
        const host = name.replaceAll(".", "-");
        const owner = owners.get(host);
        if (owner === undefined) owners.set(host, `${group}.${name}`);
        else
          this.#report(
            [group, name],
            "spec/duplicate-name",
            `\`${name}\` is taken by \`${owner}\`: services, models and stores are called by one set of names`,
            `rename one, e.g. \`${name}-${group.slice(0, -1)}\``,
          );
      }
  }

  #service(name: string, service: ServiceInput): void {
    const at: Path = ["services", name];
    if (!service.modules && service.image === undefined)
      this.#report(at, "spec/missing-key", `\`${name}\` runs nothing`, "write `modules: [gateway]` or `image: …`");
    if (service.role === "worker" && (service.port !== undefined || service.ports || service.expose))
      this.#report(at, "spec/conflict", `\`${name}\` is a worker, and a worker has no port`, "remove `role: worker`");
    this.#workload(at, name, service);
    if (!service.modules && service.port === undefined && !service.ports)
      for (const probe of ["ready", "live"] as const)
        if (service.health?.[probe])
          this.#report(
            [...at, "health", probe],
            "spec/conflict",
            `\`${name}\` has no port that it could be asked on`,
            service.role === "worker" ? "remove `role: worker`, and write `port: 8080`" : "write `port: 8080`",
          );
    const { expose } = service;
    if (expose !== undefined && expose !== false && this.#beside.has(name))
      this.#report(
        [...at, "expose"],
        "spec/conflict",
        `\`${name}\` runs beside \`${this.#beside.get(name)}\` and has no address of its own`,
      );
    if (typeof expose === "object" && expose.entrance !== undefined) {
      const known = Object.keys(this.settings.entrances ?? {});
      if (!known.includes(expose.entrance))
        this.#unknown([...at, "expose", "entrance"], "entrance", expose.entrance, known, ["entrances"]);
    }
    if (typeof expose === "object") this.#portName([...at, "expose", "port"], expose.port, service);
    for (const [sidecar, container] of Object.entries(service.sidecars ?? {})) {
      const beside: Path = [...at, "sidecars", sidecar];
      if (!container.modules && container.image === undefined)
        this.#report(beside, "spec/missing-key", `\`${sidecar}\` runs nothing`, "write `modules: […]` or `image: …`");
      this.#mounted(beside, container.secrets);
    }
  }

  #model(name: string, model: ModelInput): void {
    const at: Path = ["models", name];
    this.#workload(at, name, model);
    for (const [index, other] of many(model.fallback).entries())
      if (other !== "simulated" && !this.#models.has(other))
        this.#unknown(
          listed([...at, "fallback"], index, model.fallback),
          "model",
          other,
          [...this.#models.keys(), "simulated"],
          ["models"],
        );
    const classes = [...new Set([...Object.keys(this.settings.classes ?? {}), ...standardClasses])];
    if (model.class !== undefined && !classes.includes(model.class))
      this.#unknown([...at, "class"], "size class", model.class, classes, ["classes"]);
    const upstreams = typeof model.upstreams === "object" ? model.upstreams : [];
    for (const [index, { key }] of upstreams.entries()) {
      const [secret = "", file = ""] = key?.split("/") ?? [];
      if (key === undefined) continue;
      const path: Path = [...at, "upstreams", index, "key"];
      const declared = this.settings.secrets?.[secret];
      if (!declared) this.#unknown(path, "secret", secret, this.#secrets, ["secrets"]);
      else if (!declared.keys.includes(file))
        this.#report(
          path,
          "spec/unknown-reference",
          `secret \`${secret}\` has no key \`${file}\``,
          didYouMean(file, declared.keys),
        );
    }
  }

  #workload(at: Path, name: string, workload: Workload): void {
    if (workload.port !== undefined && workload.ports)
      this.#report([...at, "port"], "spec/conflict", "`port` and `ports` are both there", "move it into `ports`");
    for (const [index, call] of (workload.calls ?? []).entries()) this.#call([...at, "calls", index], name, call);
    for (const [index, sidecar] of many(workload.beside).entries())
      if (!this.#services.has(sidecar))
        this.#unknown(
          listed([...at, "beside"], index, workload.beside),
          "service",
          sidecar,
          [...this.#services.keys()],
          ["services"],
        );
    this.#pool([...at, "nodes"], workload.nodes);
    this.#mounted(at, workload.secrets);
    this.#listening(at, name, workload);
    this.#portName([...at, "health", "ready", "port"], workload.health?.ready?.port, workload);
    this.#portName([...at, "health", "live", "port"], workload.health?.live?.port, workload);
  }

  #call(path: Path, from: string, call: NonNullable<Workload["calls"]>[number]): void {
    const to = typeof call === "string" ? call : call.to;
    const where: Path = typeof call === "string" ? path : [...path, "to"];
    const host = this.#beside.get(to);
    const service = this.#services.get(to);
    const called = service ?? this.#models.get(to);
    if (to === from) this.#report(where, "spec/self-call", `\`${from}\` calls itself`, "remove it");
    else if (host !== undefined && host !== from) {
      const message = `\`${to}\` runs beside \`${host}\` and has no address of its own`;
      this.#report(where, "spec/conflict", message, `call \`${host}\``);
    } else if (!this.#names.has(to)) {
      if (!readOutside(to))
        this.#unknown(where, "service, model or store", to, this.#callable, ["services", "models", "stores"]);
    } else if (service?.role === "worker")
      this.#report(where, "spec/conflict", `\`${to}\` is a worker, and a worker takes no calls`);
    else if (service && !service.modules && service.port === undefined && !service.ports)
      this.#report(where, "spec/conflict", `\`${to}\` has no port to be called on`, "write `port: 8080` there");
    else if (typeof call === "object" && typeof call.port === "string" && called)
      this.#portName([...path, "port"], call.port, called);
  }

  /** A path of an entrance leads to one service: what a second one writes there would never be asked. */
  #prefixes(): void {
    const owners = new Map<string, string>();
    const [first] = Object.keys(this.settings.entrances ?? {});
    for (const [name, { expose }] of this.#services) {
      const said = typeof expose === "object" ? expose.path : typeof expose === "string" ? expose : undefined;
      const entrance = (typeof expose === "object" ? expose.entrance : undefined) ?? first;
      const at: Path = ["services", name, "expose", ...(typeof expose === "object" ? ["path"] : [])];
      for (const [index, prefix] of many(said).entries()) {
        const owner = owners.get(`${entrance} ${prefix}`);
        if (owner === undefined) owners.set(`${entrance} ${prefix}`, name);
        else
          this.#report(
            listed(at, index, said),
            "spec/conflict",
            `\`${prefix}\` leads to \`${owner}\` already`,
            "give each service a path of its own",
          );
      }
    }
  }

  /** Containers of one replica share its ports: each number is one container's. */
  #listening(at: Path, name: string, workload: Workload): void {
    const inline = "sidecars" in workload ? Object.entries(workload.sidecars ?? {}) : [];
    const beside = many(workload.beside).flatMap((other) => {
      const service = this.#services.get(other);
      return service ? [[other, service, ["services", other]] as const] : [];
    });
    const owners = new Map<number, string>();
    if ("modules" in workload && workload.modules && !workload.ports) owners.set(workload.port ?? MODULE_PORT, name);
    for (const [container, { port, ports }, path] of [
      ...(owners.size === 0 ? [[name, workload, at] as const] : []),
      ...inline.map(([sidecar, written]) => [sidecar, written, [...at, "sidecars", sidecar]] as const),
      ...beside,
    ]) {
      const written = port === undefined ? Object.entries(ports ?? {}) : [["", port] as const];
      for (const [key, value] of written) {
        const number = typeof value === "object" ? value.number : value;
        const where: Path = key === "" ? [...path, "port"] : [...path, "ports", key];
        const owner = owners.get(number);
        if (owner === undefined) owners.set(number, container);
        else
          this.#report(
            where,
            "spec/conflict",
            owner === container
              ? `\`${container}\` has port ${number} twice`
              : `\`${owner}\` listens on port ${number} already, and containers of one replica share its ports`,
            "give each a number of its own",
          );
      }
    }
  }

  #portName(path: Path, port: string | undefined, workload: { readonly ports?: Workload["ports"] }): void {
    if (port === undefined) return;
    const known = workload.ports ? Object.keys(workload.ports) : ["http"];
    if (!known.includes(port))
      this.#report(path, "spec/unknown-reference", `there is no port \`${port}\``, didYouMean(port, known));
  }

  #pool(path: Path, pool: string | undefined): void {
    if (pool === undefined || this.#pools.includes(pool)) return;
    // An environment without any pools (a laptop) says so once, by `nodes: null`, and places nothing.
    const removed = this.settings.nodes === undefined && this.#removedFrom(pool, ["nodes"]);
    if (!removed) this.#unknown(path, "node pool", pool, this.#pools, ["nodes"]);
  }

  #mounted(at: Path, secrets: readonly string[] | undefined): void {
    for (const [index, secret] of (secrets ?? []).entries())
      if (!this.settings.secrets?.[secret])
        this.#unknown([...at, "secrets", index], "secret", secret, this.#secrets, ["secrets"]);
  }

  #copies(path: Path, to: string | readonly string[] | undefined, own?: string): void {
    for (const [index, bucket] of many(to).entries()) {
      const where = listed(path, index, to);
      if (bucket === own)
        this.#report(where, "spec/conflict", `\`${bucket}\` cannot keep its own copies`, "name another bucket");
      else if (!this.#buckets.includes(bucket)) this.#unknown(where, "bucket", bucket, this.#buckets, ["stores"]);
    }
  }

  #cycles(): void {
    const graph = (
      edges: (workload: ModelInput | ServiceInput) => readonly string[],
      nodes: Iterable<[string, Workload]>,
    ) => findCycles(new Map([...nodes].map(([name, workload]) => [name, edges(workload)])));
    for (const cycle of graph((model) => ("fallback" in model ? many(model.fallback) : []), this.#models))
      this.#report(
        ["models", cycle[0] ?? "", "fallback"],
        "spec/cycle",
        `models fall back in a circle: ${circle(cycle)}`,
        "let the last one fall back to nothing",
      );
    const workloads = [...this.#services, ...this.#models];
    for (const cycle of graph((workload) => many(workload.beside), workloads))
      this.#report(
        [this.#group(cycle[0]), cycle[0] ?? "", "beside"],
        "spec/cycle",
        `each runs beside the other: ${circle(cycle)}`,
        "let one of them run on its own",
      );
    const called = (workload: Workload) =>
      (workload.calls ?? []).map((call) => (typeof call === "string" ? call : call.to));
    for (const cycle of graph(called, workloads))
      if (cycle.length > 1)
        this.#report(
          [this.#group(cycle[0]), cycle[0] ?? "", "calls"],
          "spec/call-cycle",
          `calls run in a circle: ${circle(cycle)}; a fault in one is a fault in all`,
          "cut it where a queue or a later answer would do",
          "warning",
        );
  }

  #group(name: string | undefined): "services" | "models" {
    return this.#services.has(name ?? "") ? "services" : "models";
  }
}

/** The path of one word of a list, or of the word that stands alone. */
function listed(path: Path, index: number, written: unknown): Path {
  return Array.isArray(written) ? [...path, index] : path;
}

function circle(cycle: readonly string[]): string {
  const quoted = cycle.map((name) => `\`${name}\``);
  const told = cycle.length > 6 ? [...quoted.slice(0, 4), `… ${cycle.length - 5} more …`, ...quoted.slice(-1)] : quoted;
  return [...told, ...quoted.slice(0, 1)].join(" → ");
}
