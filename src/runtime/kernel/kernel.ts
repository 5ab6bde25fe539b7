import { mkdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { currentToken } from "../../contracts/platform-token.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { UndoStack } from "../../lifecycle/undo-stack.js";
import { MODEL_MODULE } from "../../modules/index.js";
import type { Milliseconds, Plan } from "../../plan/plan.js";
import { clientsOf } from "./clients.js";
import { type Order, rowOf, startModule, startOrder, type Table } from "./define.js";
import { kernelError } from "./error-body.js";
import { type Guard, guarded, guardWith } from "./guard.js";
import { type KnownHosts, knownHosts } from "./hosts.js";
import { type Address, Listener, type ListenerEvents, type ListenerLimits, NOT_FOUND } from "./listener.js";
import type { Context, Running, Secrets } from "./module.js";
import { peerUrl } from "./peers.js";
import { registerProcessMetrics } from "./process-metrics.js";
import { refusalLog } from "./refusals.js";
import { type Refuse, refuseWith } from "./refuse.js";
import { secretsIn } from "./secrets.js";
import { Services } from "./services.js";
import { metricsHandler, serveStatusPages } from "./status-pages.js";
import { type ProcessTokens, processTokens } from "./tokens.js";
import { traceOf } from "./trace.js";
import { startTracing, type Tracer } from "./tracing.js";

export interface ServeOptions {
  readonly plan: Plan;
  readonly modules: readonly string[];
  readonly listen: Address;
  /** Path of a Unix socket on which the process serves the same, for other processes of this machine. */
  readonly socket?: string | undefined;
  /** A second address that serves `/metrics` without authentication, and nothing else: for Prometheus inside the network. */
  readonly metricsListen?: Address | undefined;
  readonly dataDirectory: string;
  readonly secretsDirectory: string;
  readonly unit?: string | undefined;
  readonly model?: string | undefined;
  /** Base URLs of modules that run in other processes; the plan's addresses by default. */
  readonly peers?: Readonly<Record<string, string>>;
  /** Base URL under which users reach the platform; the listener's own address by default. */
  readonly publicUrl?: string | undefined;
  readonly log: Logger;
  readonly limits?: Partial<ListenerLimits>;
  /** Called when a running module fails. Only a restart of the process recovers from it. */
  readonly onModuleFailure?: (module: string, failureCase: string) => void;
  /** Debug point after each step of the start; see `UndoOptions.afterStep`. */
  readonly afterStep?: (step: string) => void | Promise<void>;
}

export interface StopOptions {
  /** Time during which the process is not ready but accepts connections. Default 0. */
  readonly drainDelay?: Milliseconds;
  /** Time for responses in flight and for the modules' stops, after `drainDelay`. Default 25 s. */
  readonly grace?: Milliseconds;
}

/** A process's modules, started. */
export interface Kernel {
  readonly url: string;
  /** URL of `metricsListen`; undefined without one. */
  readonly metricsUrl: string | undefined;
  readonly services: Services;
  /** The client of a module of this process; for tests and for the supervisor. */
  client(module: string): unknown;
  /**
   * Makes the process not ready. After `drainDelay` it accepts no new connections, completes responses in flight, and stops the
   * modules in reverse order. After `grace` the remaining connections are closed. Repeated calls return the first call's promise.
   */
  stop(options?: StopOptions): Promise<void>;
}

const DEFAULT_GRACE_MS: Milliseconds = 25_000;
/** Time for the modules that have started to stop, when a later step of the start fails. */
const FAILED_START_GRACE_MS: Milliseconds = 10_000;
const MAX_METRICS_CONNECTIONS = 100;

/**
 * Starts `options.modules` of `table`, needs first, behind one listener. If any step fails, everything before it is undone
 * and the error is thrown: `modules/…`, `secret/…`, `data/unwritable`, `port/…`, or the error of a module.
 */
export async function startKernel(table: Table, options: ServeOptions): Promise<Kernel> {
  requireModules(table, options.modules);
  const { log } = options;
  const undo = new UndoStack({
    onFailure: (step, error) => log.error({ step, error: messageOf(error) }, "cleanup failed"),
    afterStep: options.afterStep,
  });
  try {
    const opened = await open(table, options, undo);
    const running = await startModules(table, opened, options, undo);
    // Released before the modules: they must not stop while responses are in flight.
    undo.defer("drain the listener", (signal) => opened.listener.drain(signal));
    log.info({ url: opened.url, modules: opened.order.start }, "serving");
    return kernelOf(opened, running, log, undo);
  } catch (error) {
    await undo.run(AbortSignal.timeout(FAILED_START_GRACE_MS));
    throw error;
  }
}

function kernelOf(
  { url, metricsUrl, services, listener }: Opened,
  running: ReadonlyMap<string, Running<unknown>>,
  log: Logger,
  undo: UndoStack,
): Kernel {
  const stop = async (drainDelay: Milliseconds, grace: Milliseconds): Promise<void> => {
    services.drain();
    listener.closeAfterResponse();
    log.info({ drainDelay, inFlight: listener.inFlight }, "draining");
    const signal = AbortSignal.timeout(drainDelay + grace);
    await sleep(drainDelay);
    await undo.run(signal);
    log.info("stopped");
  };
  let stopping: Promise<void> | undefined;
  return {
    url,
    metricsUrl,
    services,
    client: (module) => running.get(module)?.client,
    stop: ({ drainDelay = 0, grace = DEFAULT_GRACE_MS } = {}) => {
      stopping ??= stop(drainDelay, grace);
      return stopping;
    },
  };
}

/** What a process has before its modules start. */
interface Opened {
  readonly order: Order;
  readonly secrets: Secrets;
  readonly tokens: ProcessTokens;
  readonly guard: Guard;
  readonly hosts: KnownHosts;
  readonly metrics: Registry;
  readonly services: Services;
  readonly listener: Listener;
  readonly refuse: Refuse;
  readonly url: string;
  readonly metricsUrl: string | undefined;
  readonly tracer: Tracer | undefined;
  readonly closed: AbortSignal;
  peer(module: string): string | undefined;
}

/** Opens the data directory, the listeners and the tracer. From then on probes can read that the process is starting. */
async function open(table: Table, options: ServeOptions, undo: UndoStack): Promise<Opened> {
  const { plan, unit, log } = options;
  const secrets = secretsIn(options.secretsDirectory);
  const order = startOrder(table, options.modules);
  const tokens = await undo.step("read the tokens", () => processTokens(secrets, order.start));
  await undo.step("create the data directory", () => createDirectory(options.dataDirectory));

  const peer = (module: string): string | undefined =>
    order.start.includes(module) ? undefined : (options.peers?.[module] ?? peerUrl(plan, module));
  const closed = new AbortController();
  undo.defer("close remote clients", () => closed.abort());
  const guard = guardWith(tokens.internal);
  const hosts = knownHosts(plan, () => options.publicUrl ?? "");
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const services = new Services(order.start.map((name) => ({ name, needs: rowOf(table, name).needs })));
  const onRefused = refusalLog(log);
  const refuse = refuseWith(onRefused);
  const onError = (error: unknown, request: IncomingMessage): void => {
    log.error({ error: messageOf(error), traceId: traceOf(request).traceId, path: request.url }, "a handler failed");
  };
  const listener = new Listener({ onError, onRefused }, hosts, options.limits);
  registerProcessMetrics(metrics, services, listener);
  const remote = order.remote.map((name) => ({ name, url: peer(name) }));
  serveStatusPages(listener, services, { unit, remote }, metrics, guard, refuse);
  listener.setFallback((request, response) => respondUnroutable(listener, services, request, response));

  const url = await undo.step(
    "open the listener",
    async () => urlOf(await listener.listen(options.listen)),
    () => listener.drain(AbortSignal.abort()),
  );
  const { socket } = options;
  // Closed with the listener.
  if (socket !== undefined) await undo.step("open the socket", () => listener.listenOnSocket(socket));
  const metricsUrl = await openMetricsListener(options.metricsListen, metrics, { onError, onRefused }, hosts, undo);
  const endpoint = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] || plan.observe.otlp;
  const tracer =
    endpoint &&
    (await undo.step(
      "start the tracer",
      () => startTracing(endpoint, traceAttributes(plan, unit, options.modules)),
      (started) => started.stop(),
    ));
  return {
    ...{ order, secrets, tokens, guard, hosts, metrics, services, listener, refuse, url, metricsUrl, peer },
    tracer: tracer || undefined,
    closed: closed.signal,
  };
}

async function openMetricsListener(
  address: Address | undefined,
  metrics: Registry,
  events: ListenerEvents,
  hosts: KnownHosts,
  undo: UndoStack,
): Promise<string | undefined> {
  if (address === undefined) return undefined;
  const listener = new Listener(events, hosts, { maxConnections: MAX_METRICS_CONNECTIONS });
  listener.route("/metrics", metricsHandler(metrics, refuseWith(events.onRefused)));
  return undo.step(
    "open the metrics listener",
    async () => urlOf(await listener.listen(address)),
    () => listener.drain(AbortSignal.abort()),
  );
}

/** Starts the modules in order. A running module whose background work ends fails. */
async function startModules(
  table: Table,
  opened: Opened,
  options: ServeOptions,
  undo: UndoStack,
): Promise<ReadonlyMap<string, Running<unknown>>> {
  const { order, services } = opened;
  const { log } = options;
  const running = new Map<string, Running<unknown>>();
  for (const name of order.start) {
    const lifecycle = services.lifecycle(name);
    const startedAt = performance.now();
    const context = contextOf(name, opened, options);
    lifecycle.apply("start");
    await undo.step(
      `start ${name}`,
      async () => {
        try {
          const row = rowOf(table, name);
          const module = await startModule(row, context, clientsOf(table, row, running, context));
          running.set(name, module);
          lifecycle.apply("started");
          return module;
        } catch (error) {
          lifecycle.fail(messageOf(error));
          throw error;
        }
      },
      (module, signal) => stopModule(name, module, services, signal),
    );
    const fail = (failureCase: string): void => {
      if (lifecycle.state !== "running") return;
      lifecycle.fail(failureCase);
      log.error({ module: name, error: failureCase }, "module failed");
      options.onModuleFailure?.(name, failureCase);
    };
    running.get(name)?.background?.then(
      () => fail("its background work ended"),
      (error: unknown) => fail(messageOf(error)),
    );
    log.info({ module: name, ms: Math.round(performance.now() - startedAt) }, "module started");
  }
  return running;
}

/** Stops a module, a failed one as well: it may still hold resources. A stop that fails makes the module fail. */
async function stopModule(
  name: string,
  module: Running<unknown>,
  services: Services,
  signal: AbortSignal,
): Promise<void> {
  const lifecycle = services.lifecycle(name);
  if (lifecycle.state === "running") lifecycle.apply("stop");
  try {
    await module.stop(signal);
  } catch (error) {
    lifecycle.fail(messageOf(error));
    throw error;
  }
  if (lifecycle.state === "stopping") lifecycle.apply("stopped");
}

function contextOf(name: string, opened: Opened, options: ServeOptions): Context {
  const { order, services, listener, guard, hosts, tokens, url, peer } = opened;
  // A process that serves a model is called with the token of the engines, also if it runs other modules.
  const own = name === MODEL_MODULE && tokens.engines !== undefined ? guardWith(tokens.engines) : guard;
  return {
    plan: options.plan,
    unit: options.unit,
    model: options.model,
    dataDirectory: options.dataDirectory,
    secrets: opened.secrets,
    log: options.log.child({ module: name }),
    metrics: opened.metrics,
    localModules: order.start,
    peer,
    peers: options.peers ?? {},
    internalToken: currentToken(tokens.internal),
    engineToken: tokens.engines === undefined ? undefined : currentToken(tokens.engines),
    clientOf: (request) => guard.client(request),
    tracer: opened.tracer,
    draining: () => services.draining,
    closed: opened.closed,
    services: () => services.list(),
    refuse: opened.refuse,
    publicUrl: options.publicUrl ?? url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//127.0.0.1:"),
    route: (prefix, authority, handler) =>
      listener.route(
        prefix,
        guarded(prefix, authority, own, (host) => hosts.isPublic(host), opened.refuse, handler),
      ),
    report: (condition, reason) => services.report(name, condition, reason),
  };
}

function requireModules(table: Table, names: readonly string[]): void {
  const unknown = names.find((name) => table[name] === undefined);
  if (unknown === undefined) return;
  throw new KeelsonError("modules/unknown", `there is no module ${unknown}`, {
    hint: `modules: ${Object.keys(table).join(", ")}`,
  });
}

function urlOf({ host, port }: Address): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Responds to a request that no module claims: 503 while modules are missing (a retry may find one), 404 otherwise. */
function respondUnroutable(
  listener: Listener,
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (services.ready) {
    listener.refuse(request, response, NOT_FOUND);
    return;
  }
  response.setHeader("retry-after", "1");
  const message = "the platform is starting or stopping; retry shortly";
  listener.refuse(request, response, kernelError("starting", message));
}

function traceAttributes(plan: Plan, unit: string | undefined, modules: readonly string[]): Record<string, string> {
  return {
    "service.name": unit ?? modules.join("+"),
    "service.namespace": plan.platform,
    "deployment.environment.name": plan.environment,
  };
}

async function createDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new KeelsonError("data/unwritable", `cannot create the data directory ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
