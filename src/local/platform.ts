import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic-file.js";
import { diskError, requireWritable } from "../disk/disk-errors.js";
import { type Lock, type Owner, takeLock } from "../disk/lock.js";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Plan } from "../plan/plan.js";
import { moduleDatabases } from "../plan/stores/index.js";
import { locateCluster } from "../postgres/cluster.js";
import { databaseUrl } from "../postgres/provision.js";
import { freePort } from "../postgres/server.js";
import { orphanLimit } from "../promises/facts/supervisor.js";
import { type Drills, startDrills } from "../recovery/drills/drills.js";
import { localTarget } from "../recovery/drills/local-target.js";
import { drillStore } from "../recovery/drills/store.js";
import type { DrillTarget } from "../recovery/drills/target.js";
import { ExclusiveWorks } from "../recovery/exclusive-work.js";
import { openRepository } from "../recovery/repository/open.js";
import { ageSeal, loadOrCreateIdentity, plainSeal } from "../recovery/seal.js";
import { type Recovery, startRecovery } from "../recovery/service.js";
import { startPostgres } from "./children/postgres-child.js";
import { serveUrl, startServe } from "./children/serve-child.js";
import { type ControlRoutes, serveControl } from "./control/server.js";
import { requireEngines } from "./engines.js";
import { removeEmptyFootprint, removeFootprint, topmostMissing } from "./footprint.js";
import { type Layout, layout, makeRoot, requireOwnData } from "./layout.js";
import { LogBook } from "./log-book.js";
import { outliveOrphans } from "./orphans.js";
import { requireFreePort } from "./port-owner.js";
import { type ProcessSpec, portsNeeded, processes, type ServeSpec, unitsOf } from "./processes.js";
import { controlSocket, type RunningPlatform, readRunning, removeRunning, writeRunning } from "./running.js";
import { localSecrets } from "./secrets.js";
import { type Supervisor, type SupervisorEvent, startSupervisor } from "./supervisor.js";
import { terminalKey } from "./terminal-key.js";
import { untilAnswering } from "./until-answering.js";

export interface PlatformOptions {
  readonly plan: Plan;
  /** The platform file as it was named. */
  readonly file: string;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly split: boolean;
  /** Where backups are kept; a folder in the data directory by default. */
  readonly backups?: string | undefined;
  /** Tells what is being done during the start. */
  readonly onProgress: (what: string) => void;
  /** Version of the program, for the drills' reports. */
  readonly version: string;
  readonly signal?: AbortSignal;
}

/** A platform that runs on this machine. */
export interface Platform {
  readonly running: RunningPlatform;
  readonly layout: Layout;
  readonly plan: Plan;
  readonly supervisor: Supervisor;
  readonly recovery: Recovery;
  readonly drills: Drills;
  /** Drills and restores in place: one at a time. */
  readonly exclusive: ExclusiveWorks;
  /** True when its database was made in this start. */
  readonly first: boolean;
  /** What the plan has and this machine does not run. */
  readonly left: readonly string[];
  /** Ends everything in order. */
  stop(): Promise<void>;
}

/**
 * Starts a plan as processes of this machine and waits until they answer. Throws `engine/not-here`, `platform/running`,
 * `platform/orphan`, `data/foreign`, `port/in-use`, `data/unwritable`, `disk/full`, or what the process said that could not start; nothing is left running then.
 */
export async function startPlatform(
  options: PlatformOptions,
  control: (platform: Platform) => ControlRoutes,
): Promise<Platform> {
  requireEngines(options.plan);
  const places = layout(options.data);
  const missing = await topmostMissing(places.root);
  const lock = await occupy(places, missing);
  const undo: (() => Promise<unknown>)[] = [() => lock.release()];
  try {
    return await start(options, places, control, undo);
  } catch (error) {
    if (missing !== undefined) undo.splice(1, 0, () => removeFootprint(places, missing));
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw diskError(error, options.data);
  }
}

async function occupy(places: Layout, missing: string | undefined): Promise<Lock> {
  try {
    await requireWritable(places.root);
    await requireOwnData(places.root);
    await makeRoot(places.root);
    for (const directory of [places.secrets, places.logs, places.modules])
      await mkdir(directory, { recursive: true, mode: 0o700 });
    const taken = await takeLock(places.lock);
    if ("lock" in taken) return taken.lock;
    throw await alreadyRunning(places, taken.owner);
  } catch (error) {
    const others = error instanceof KeelsonError && error.code === "platform/running";
    if (missing !== undefined && !others) await removeEmptyFootprint(places, missing);
    throw diskError(error, places.root);
  }
}

async function alreadyRunning(places: Layout, owner: Owner): Promise<KeelsonError> {
  const running = await readRunning(places);
  const where = running?.pid === owner.pid ? `at ${running.url} ` : "";
  return new KeelsonError("platform/running", `a platform already runs ${where}on ${places.root} (pid ${owner.pid})`);
}

async function start(
  options: PlatformOptions,
  places: Layout,
  control: (platform: Platform) => ControlRoutes,
  undo: (() => Promise<unknown>)[],
): Promise<Platform> {
  const { plan, host, port, onProgress } = options;
  // Before the port, which they may hold until they notice that they are orphans, and before anything they use is taken.
  await outliveOrphans(places, (unit) => orphanLimit(plan, unit), onProgress, options.signal);
  await requireFreePort(host, port);
  const book = new LogBook(join(places.logs, "keelson.log"));
  const first = (await statIfPresent(places.database)) === undefined;
  if (first) onProgress("first start: preparing PostgreSQL");
  const { cluster, moved } = await locateCluster(places.root, join(places.logs, "postgres.log"));
  if (moved)
    onProgress(`the user ${cluster.user.name} cannot enter ${places.root}: the database lives in ${cluster.data}`);

  const secrets = localSecrets(places);
  const internalToken = await secrets.readOrMake("internal/token");
  const password = await secrets.readOrMake("database/password");
  const [database] = moduleDatabases(plan);
  const encrypted = database?.backups.encrypted ?? true;
  const repository = await openRepository(options.backups ?? places.backups);
  const recovery = startRecovery({
    platform: `${plan.platform}/${plan.environment}`,
    database,
    cluster,
    repository,
    seal: encrypted ? await ageSeal(await loadOrCreateIdentity(places.identity)) : plainSeal,
    memory: places.database,
  });
  undo.push(() => recovery.stop());
  // A place that does not answer is mostly mistyped. Later on it is no reason not to serve: it is told as failing.
  if (first) await recovery.catalogue();
  recovery.events.on("event", (event) => book.write("recovery", event.level, event.what));

  const others = await freePorts(portsNeeded(plan, options.split));
  const { specs, left } = processes(plan, { host, port, split: options.split, ports: others });
  const serving = specs.filter((spec): spec is ServeSpec => spec.kind === "serve");
  const entrance = serving.find((spec) => spec.port === port);
  if (!entrance) throw new KeelsonError("plan/empty", "the platform file declares no unit with modules");
  const dashboard = serving.find((spec) => spec.modules.includes("dashboard")) ?? entrance;
  const socket = await controlSocket(places);
  const running: RunningPlatform = {
    pid: process.pid,
    url: serveUrl(entrance),
    dashboard: serveUrl(dashboard),
    control: socket,
    startedAt: Date.now(),
    file: options.file,
    platform: plan.platform,
    environment: plan.environment,
    backups: options.backups ?? places.backups,
    data: places.root,
  };
  await writeAtomically(places.plan, JSON.stringify(plan));
  // Kept for all restarts of the server: the modules know it by its URL.
  const databasePort = await freePort();
  await secrets.write("database/url", databaseUrl(databasePort, password));

  const begin = (spec: ProcessSpec) =>
    spec.kind === "postgres"
      ? startPostgres({
          cluster,
          password,
          options: { port: databasePort, ...(recovery.archive && { archive: recovery.archive }) },
          prepare: (signal) => recovery.prepare(signal),
          started: (server) => recovery.started(server),
        })
      : startServe(spec, {
          plan: places.plan,
          data: join(places.modules, spec.state),
          secrets: places.secrets,
          log: join(places.logs, `${spec.name}.log`),
          control: socket,
          publicUrl: spec === dashboard ? running.dashboard : running.url,
        });
  const supervisor = startSupervisor(specs, begin);
  undo.push(() => supervisor.stop());
  supervisor.events.on("event", (event) =>
    book.write(
      event.process,
      event.kind === "crashed" || event.kind === "killing" ? "error" : "info",
      `${event.kind}: ${event.reason}`,
    ),
  );
  const target = async (): Promise<DrillTarget> => {
    await requireWhole(supervisor);
    const key = await terminalKey(running, places);
    return localTarget({
      plan,
      clients: {
        url: running.url,
        apiKey: key,
        operatorToken: internalToken,
        unitUrl: (unit) => {
          const spec = serving.find(({ name }) => unitsOf(plan, specs, name).includes(unit));
          return spec && serveUrl(spec);
        },
      },
      databaseUrl: databaseUrl(databasePort, password),
      databaseDirectory: cluster.data,
      recovery,
      repository,
      processes: async () => {
        const status = await supervisor.status();
        return status.map(({ name, kind, pid, phase }) => ({
          name,
          kind,
          pid,
          running: phase === "running",
          units: unitsOf(plan, specs, name),
        }));
      },
      onEvent(listener) {
        const seen = (event: SupervisorEvent) => listener(`${event.process} ${event.kind}: ${event.reason}`);
        const told = (event: { readonly what: string }) => listener(event.what);
        supervisor.events.on("event", seen);
        recovery.events.on("event", told);
        return () => {
          supervisor.events.off("event", seen);
          recovery.events.off("event", told);
        };
      },
    });
  };
  const exclusive = new ExclusiveWorks();
  const drills = startDrills(target, drillStore(places.drills), options.version, exclusive);
  const platform: Platform = {
    running,
    layout: places,
    plan,
    supervisor,
    recovery,
    drills,
    exclusive,
    first,
    left,
    stop: async () => {
      await drills.stop();
      recovery.cancel();
      await supervisor.stop();
      for (const step of undo.reverse()) await step().catch(() => undefined);
      undo.length = 0;
    },
  };
  const answering = untilAnswering(supervisor, onProgress, options.signal);
  // Awaited below; until then a failure must not count as unhandled.
  answering.catch(() => undefined);
  const server = await serveControl(socket, control(platform));
  undo.push(async () => {
    server.close();
    server.closeAllConnections();
    await removeRunning(places);
  });
  // Before it answers: a start may restore a database, and can be looked at and ended meanwhile.
  await writeRunning(places, running);
  await answering;
  return platform;
}

/** Throws `platform/not-whole`: what a drill measured of a platform that is still starting would be its start. */
async function requireWhole(supervisor: Supervisor): Promise<void> {
  const away = (await supervisor.status()).find(({ phase }) => phase !== "running");
  if (away)
    throw new KeelsonError("platform/not-whole", `${away.name} does not answer yet: a drill strikes what is whole`);
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
