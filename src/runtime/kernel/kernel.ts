import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { type Logger, pino } from "pino";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Plan } from "../../plan/plan.js";
import { type Definition, startOrder, type Table } from "./define.js";
import { guarded, guardWith } from "./guard.js";
import { type Address, answerJson, Listener, type ListenerLimits } from "./listener.js";
import type { Context, Running, Secrets } from "./module.js";
import { peerUrl } from "./peers.js";
import { secretsIn } from "./secrets.js";
import { Services } from "./services.js";
import { traceOf } from "./trace.js";
import { startTracing } from "./tracing.js";

export interface ServeOptions {
  readonly plan: Plan;
  readonly modules: readonly string[];
  readonly listen: Address;
  /** A second address, which answers `/metrics` to anybody and nothing else: for Prometheus, not for the world. */
  readonly metricsListen?: Address | undefined;
  readonly dataDirectory: string;
  readonly secretsDirectory: string;
  readonly unit?: string | undefined;
  readonly model?: string | undefined;
  /** Base URLs of modules that run elsewhere; the plan's addresses where none is given. */
  readonly peers?: Readonly<Record<string, string>>;
  /** Base URL under which people reach the platform; the listener's own address by default. */
  readonly publicUrl?: string | undefined;
  readonly log?: Logger;
  readonly limits?: Partial<ListenerLimits>;
}

/** A process's modules, started. */
export interface Kernel {
  readonly url: string;
  /** Where `metricsListen` is; undefined without. */
  readonly metricsUrl: string | undefined;
  readonly services: Services;
  /** The client of a module of this process; for tests and for the supervisor. */
  client(module: string): unknown;
  /**
   * Not ready → `drainDelay` → no new connections → every answer out → modules stopped in reverse. What is left after
   * `grace` (milliseconds) is cut.
   */
  stop(options?: { readonly drainDelay?: number; readonly grace?: number }): Promise<void>;
}

/** Starts `options.modules` of `table`, needs first, behind one listener. A module that cannot start stops the others. */
export async function startKernel(table: Table, options: ServeOptions): Promise<Kernel> {
  for (const name of options.modules) {
    if (table[name] === undefined) {
      throw new KeelsonError("modules/unknown", `no module is called ${name}`, {
        hint: `there are: ${Object.keys(table).join(", ")}`,
      });
    }
  }
  const { plan, unit } = options;
  const log = options.log ?? pino({ level: process.env["KEELSON_LOG"] ?? "info", base: { unit } });
  const secrets = secretsIn(options.secretsDirectory);
  const internalToken = await sharedToken(secrets);
  const guard = guardWith(internalToken);
  const peers = options.peers ?? {};
  const order = startOrder(table, options.modules);
  const peer = (module: string): string | undefined =>
    order.start.includes(module) ? undefined : (peers[module] ?? peerUrl(plan, module));

  await makeDirectory(options.dataDirectory);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const services = new Services(
    order.start.map((name) => ({ name, needs: rowOf(table, name).needs })),
    order.remote.map((name) => ({ name, url: peer(name) })),
    unit,
  );
  const listener = new Listener((error, request) => {
    log.error({ error: messageOf(error), traceId: traceOf(request).traceId, path: request.url }, "a handler failed");
  }, options.limits);
  watchProcess(metrics, services, listener);
  services.serve(listener, metrics, guard);
  // Anything else waits for its module: a client that comes early is told to come again, not that there is nothing.
  listener.otherwise((_request, response) => respondUnroutable(services, response));
  const address = await listener.listen(options.listen);
  const url = urlOf(address);
  const scraped = options.metricsListen && new Listener(() => {}, { maxConnections: 100 });
  if (scraped) services.serveMetrics(scraped, metrics);
  const metricsUrl =
    scraped &&
    options.metricsListen &&
    urlOf(
      await scraped.listen(options.metricsListen).catch(async (error: unknown) => {
        await listener.drain(AbortSignal.timeout(0));
        throw error;
      }),
    );

  const endpoint = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] || plan.observe.otlp;
  const tracer = endpoint ? await startTracing(endpoint, traceAttributes(plan, unit, options.modules)) : undefined;

  const running = new Map<string, Running<unknown>>();
  const reported = new Set<string>();
  const contextOf = (name: string): Context => ({
    plan,
    unit,
    model: options.model,
    dataDirectory: options.dataDirectory,
    secrets,
    log: log.child({ module: name }),
    metrics,
    here: order.start,
    peer,
    peers,
    internalToken,
    tracer,
    draining: () => services.draining,
    services: () => services.list(),
    publicUrl: options.publicUrl ?? url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//127.0.0.1:"),
    route: (prefix, authority, handler) => listener.route(prefix, guarded(prefix, authority, guard, handler)),
    report: (state, reason) => {
      reported.add(name);
      services.set(name, state, reason);
    },
  });

  const stopModules = async (signal: AbortSignal): Promise<void> => {
    for (const name of [...running.keys()].reverse()) {
      services.set(name, "stopping");
      try {
        await running.get(name)?.stop(signal);
      } catch (error) {
        log.error({ module: name, error: messageOf(error) }, "module did not stop cleanly");
      }
      services.set(name, "stopped");
    }
  };

  for (const name of order.start) {
    services.set(name, "starting");
    const began = performance.now();
    try {
      const context = contextOf(name);
      const row = rowOf(table, name);
      running.set(name, await start(row, context, clientsFor(table, row, running, context)));
    } catch (error) {
      services.set(name, "failed", messageOf(error));
      await stopModules(AbortSignal.timeout(10_000));
      await listener.drain(AbortSignal.timeout(0));
      await scraped?.drain(AbortSignal.timeout(0));
      await tracer?.stop();
      throw error;
    }
    // A module that knows better has said so itself.
    if (!reported.has(name)) services.set(name, "ready");
    log.info({ module: name, ms: Math.round(performance.now() - began) }, "module started");
  }
  log.info({ url, modules: order.start }, "serving");

  let stopping: Promise<void> | undefined;
  const stop = async (drainDelay: number, grace: number): Promise<void> => {
    services.drain();
    listener.askToClose();
    log.info({ drainDelay, underWay: listener.underWay }, "draining");
    const signal = AbortSignal.timeout(drainDelay + grace);
    await new Promise((resolve) => setTimeout(resolve, drainDelay));
    await listener.drain(signal);
    await stopModules(signal);
    await scraped?.drain(AbortSignal.timeout(0));
    await tracer?.stop();
    log.info("stopped");
  };
  return {
    url,
    metricsUrl,
    services,
    client: (module) => running.get(module)?.client,
    stop: ({ drainDelay = 0, grace = 25_000 } = {}) => {
      stopping ??= stop(drainDelay, grace);
      return stopping;
    },
  };
}

function rowOf(table: Table, name: string): Definition {
  const row = table[name];
  if (row === undefined) throw new Error(`no module is called ${name}`);
  return row;
}

/** The table was checked when it was written (`defineModules`): here its rows are run without their types. */
function start(row: Definition, context: Context, needs: Readonly<Record<string, unknown>>): Promise<Running<unknown>> {
  const run: (context: Context, needs: never) => Promise<Running<unknown>> = row.start;
  return Reflect.apply(run, row, [context, needs]);
}

function clientsFor(
  table: Table,
  row: Definition,
  running: ReadonlyMap<string, Running<unknown>>,
  context: Context,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    row.needs.map((need) => {
      const here = running.get(need);
      if (here !== undefined) return [need, here.client];
      const remotePerModel = table[need]?.remotePerModel;
      if (remotePerModel !== undefined) return [need, remotePerModel(context)];
      const url = context.peer(need);
      const remote = table[need]?.remote;
      if (url === undefined || remote === undefined) {
        throw new KeelsonError(
          "modules/unreachable",
          `a module needs ${need}, which does not run here and has no address`,
          {
            hint: `add it to --modules, or say where it runs with --peer ${need}=http://HOST:PORT`,
          },
        );
      }
      return [need, remote(url, context.internalToken)];
    }),
  );
}

/** What the modules of one installation share. Made on first start where nobody provided one. */
async function sharedToken(secrets: Secrets): Promise<string> {
  const known = await secrets.read("internal/token");
  if (known) return known;
  const made = randomBytes(32).toString("base64url");
  await secrets.write("internal/token", made);
  return made;
}

function urlOf({ host, port }: Address): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function respondUnroutable(services: Services, response: ServerResponse): void {
  if (services.ready) {
    answerJson(response, 404, { error: { code: "not_found", message: "nothing is served here" } });
    return;
  }
  response.setHeader("retry-after", "1");
  answerJson(response, 503, {
    error: { code: "starting", message: "the platform is starting or stopping; try again shortly" },
  });
}

function watchProcess(metrics: Registry, services: Services, listener: Listener): void {
  new Gauge({
    name: "keelson_module_ready",
    help: "1 when the module is ready or degraded, else 0.",
    labelNames: ["module"],
    registers: [metrics],
    collect() {
      for (const { name, state } of services.list()) {
        this.set({ module: name }, state === "ready" || state === "degraded" ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: "keelson_http_requests_under_way",
    help: "Requests whose answer is not complete.",
    registers: [metrics],
    collect() {
      this.set(listener.underWay);
    },
  });
  new Counter({
    name: "keelson_http_refused_total",
    help: "Requests refused before any module saw them (bad HTTP, too slow, too large headers), by status.",
    labelNames: ["status"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [status, count] of listener.refused) this.inc({ status: String(status) }, count);
    },
  });
}

function traceAttributes(plan: Plan, unit: string | undefined, modules: readonly string[]): Record<string, string> {
  return {
    "service.name": unit ?? modules.join("+"),
    "service.namespace": plan.platform,
    "deployment.environment.name": plan.environment,
  };
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new KeelsonError("data/unwritable", `cannot make the data directory ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
