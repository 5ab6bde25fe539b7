import { join } from "node:path";
import { currentToken } from "../contracts/platform-token.js";
import { writeAtomically } from "../disk/atomic-file.js";
import { diskError } from "../disk/disk-errors.js";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { UndoStack } from "../lifecycle/undo-stack.js";
import { tokenSecret } from "../modules/tokens.js";
import type { Milliseconds, Plan } from "../plan/plan.js";
import { moduleDatabases } from "../plan/stores/index.js";
import { type Cluster, locateCluster } from "../postgres/cluster.js";
import { databaseUrl } from "../postgres/provision.js";
import { orphanTimeoutMs } from "../promises/facts/supervisor.js";
import { loadOrCreateIdentity } from "../recovery/age-identity.js";
import { authenticatorOf } from "../recovery/authenticator.js";
import { ageCodec, gzipCodec } from "../recovery/backup-codec.js";
import { type Drills, startDrills } from "../recovery/drills/drills.js";
import { drillStore } from "../recovery/drills/store.js";
import { usageRecordRate } from "../recovery/drills/usage-ledger.js";
import { readRecipients } from "../recovery/escrow.js";
import { ExclusiveOperations } from "../recovery/exclusive-operations.js";
import { openRepository } from "../recovery/repository/open.js";
import { type Recovery, startRecovery } from "../recovery/service/recovery.js";
import { socketUrl } from "../unix-sockets/socket-url.js";
import { type Acts, startActs } from "./acts.js";
import { backupPlace } from "./backup-place.js";
import { startPostgres } from "./children/postgres-child.js";
import { serveUrl, startServe } from "./children/serve-child.js";
import { type ControlRoutes, serveControl } from "./control/server.js";
import { acquireDataDirectory } from "./data-directory.js";
import { drillTarget } from "./drill-target.js";
import { requireEngines } from "./engines.js";
import { removeFootprint, topmostMissing } from "./footprint.js";
import { freePort } from "./free-port.js";
import { type Layout, layout } from "./layout.js";
import { waitForOrphans } from "./orphans.js";
import { personName } from "./person.js";
import { requireFreePort } from "./port-owner.js";
import { type ProcessSpec, portsNeeded, processes, type ServeSpec } from "./processes.js";
import { controlSocket, type RunningPlatform, removeRunning, socketDirectory, writeRunning } from "./running.js";
import { localSecrets } from "./secrets.js";
import { type Supervisor, startSupervisor } from "./supervisor.js";
import { SupervisorLog } from "./supervisor-log.js";
import { waitUntilReady } from "./wait-until-ready.js";

export interface PlatformOptions {
  readonly plan: Plan;
  /** The platform file as the user specified it. */
  readonly file: string;
  /** Its absolute path, with which `restart` starts it again; by default `file`. */
  readonly path?: string;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly split: boolean;
  /** Where backups are stored; a folder in the data directory by default. */
  readonly backups?: string | undefined;
  /** The data directory is removed when the platform stops: its backups are never restored later. */
  readonly temporary?: boolean;
  /** Reports the progress of the start. */
  readonly onProgress: (what: string) => void;
  /** Version of the program, for the drills' reports. */
  readonly version: string;
  readonly signal?: AbortSignal;
  /** Debug point after each step of the start; see `UndoOptions.afterStep`. */
  readonly afterStep?: (step: string) => void | Promise<void>;
}

/** A platform that runs on this machine. */
export interface Platform {
  readonly running: RunningPlatform;
  readonly layout: Layout;
  readonly plan: Plan;
  /** The database's data directory. */
  readonly databaseDirectory: string;
  readonly supervisor: Supervisor;
  readonly recovery: Recovery;
  readonly drills: Drills;
  /** The audit log, for acts on the platform itself. */
  readonly acts: Acts;
  /** Drills and restores in place: one at a time. */
  readonly exclusive: ExclusiveOperations;
  /** True if this start created its database. */
  readonly first: boolean;
  /** Elements of the plan that this machine does not run, each with the reason. */
  readonly omitted: readonly string[];
  /** Stops everything in order. */
  stop(): Promise<void>;
}

/** Timeout of all releases together. Each process has its own grace period, after which the supervisor kills it. */
const STOP_TIMEOUT_MS: Milliseconds = 10 * 60_000;

/**
 * Starts a plan as processes of this machine and waits until they are ready. Throws `engine/not-here`, `model/missing-file`, `platform/running`,
 * `platform/orphan`, `data/foreign`, `port/in-use`, `data/unwritable`, `disk/full`, or the error of the process that could not
 * start. If any step fails, everything before it is undone.
 */
export async function startPlatform(
  given: PlatformOptions,
  control: (platform: Platform) => ControlRoutes,
): Promise<Platform> {
  const options = { ...given, plan: await requireEngines(given.plan) };
  const places = layout(options.data);
  const missing = await topmostMissing(places.root);
  let log: SupervisorLog | undefined;
  const undo = new UndoStack({
    onFailure: (step, error) => log?.write("keelson", "error", `cleanup after “${step}” failed: ${messageOf(error)}`),
    afterStep: options.afterStep,
  });
  let started = false;
  try {
    await undo.step(
      "acquire the data directory",
      () => acquireDataDirectory(places, missing),
      (lock) => lock.release(),
    );
    // Before the lock is released: otherwise another start could be using the directory.
    undo.defer("remove the files of a failed first start", () =>
      started || missing === undefined ? undefined : removeFootprint(places, missing),
    );
    log = await undo.step(
      "open the supervisor's log",
      () => new SupervisorLog(join(places.logs, "keelson.log")),
      (opened) => opened.close(),
    );
    const prepared = await prepare(options, places, log, undo);
    const platform = await run(options, prepared, log, control, undo);
    started = true;
    return platform;
  } catch (error) {
    await undo.run(AbortSignal.timeout(STOP_TIMEOUT_MS));
    throw diskError(error, options.data);
  }
}

/** The resources that are prepared before the first process starts. */
interface Prepared {
  readonly places: Layout;
  readonly first: boolean;
  readonly cluster: Cluster;
  readonly operatorToken: string;
  readonly password: string;
  readonly repository: Awaited<ReturnType<typeof openRepository>>;
  /** Where the repository is, as `--backups` takes it. */
  readonly backups: string;
  readonly recovery: Recovery;
}

async function prepare(
  options: PlatformOptions,
  places: Layout,
  log: SupervisorLog,
  undo: UndoStack,
): Promise<Prepared> {
  const { plan, host, port, onProgress, signal } = options;
  // First: orphans use the data directory, and hold the port until they detect that their supervisor has exited.
  await undo.step("wait for orphans", () =>
    waitForOrphans(places, (unit) => orphanTimeoutMs(plan, unit), onProgress, signal),
  );
  await undo.step("check the port", () => requireFreePort(host, port));
  const first = (await statIfPresent(places.database)) === undefined;
  if (first) onProgress("first start: preparing PostgreSQL");
  const { cluster, moved } = await undo.step("locate the database", () =>
    locateCluster(places.root, join(places.logs, "postgres.log")),
  );
  if (moved)
    onProgress(`the user ${cluster.user.name} has no access to ${places.root}: the database is in ${cluster.data}`);

  const secrets = localSecrets(places);
  for (const audience of ["modules", "engines", "audit"] as const) await secrets.readOrCreate(tokenSecret(audience));
  const operatorToken = currentToken(await secrets.readOrCreate(tokenSecret("operator")));
  const password = await secrets.readOrCreate("database/password");
  const [database] = moduleDatabases(plan);
  const encrypted = database?.backups.encrypted ?? true;
  const { place: backups, note } = await backupPlace(options.backups, places);
  if (note !== undefined) onProgress(`! ${note}`);
  const repository = await undo.step("open the backup repository", () => openRepository(backups));
  // Without encryption, the identity still authenticates the backups.
  const created = (await statIfPresent(places.identity)) === undefined;
  const identity = await loadOrCreateIdentity(places.identity);
  if (created && !first)
    onProgress(
      `! the identity of the backups was missing and is a new one: put the old one back in ${places.identity} to restore earlier backups`,
    );
  else if (created && options.temporary !== true)
    onProgress(`keep a copy of ${places.identity} in another place: without it the backups cannot be restored`);
  const escrow = await readRecipients(places.recipients);
  const codec = encrypted ? await ageCodec(identity, escrow) : gzipCodec(authenticatorOf(identity));
  if (codec.escrow.length > 0)
    onProgress(
      `backups are encrypted to ${codec.escrow.length} escrow recipient(s) too; note the fingerprint of their key: ${codec.authenticator?.fingerprint}`,
    );
  const recovery = await undo.step(
    "start recovery",
    () =>
      startRecovery({
        platform: `${plan.platform}/${plan.environment}`,
        ...{ database, cluster, repository, codec, identity },
        systemIdFile: places.database,
      }),
    (service) => service.stop(),
  );
  recovery.events.on("event", (event) => log.write("recovery", event.level, event.what));
  // On a first start an unreachable repository is usually a typing error. Later it must not prevent the platform from serving:
  // the status reports it.
  if (first) await undo.step("read the backup catalogue", () => recovery.catalogue());
  return { places, first, cluster, operatorToken, password, repository, backups, recovery };
}

async function run(
  options: PlatformOptions,
  prepared: Prepared,
  log: SupervisorLog,
  control: (platform: Platform) => ControlRoutes,
  undo: UndoStack,
): Promise<Platform> {
  const { plan, onProgress } = options;
  const { places, first, cluster, password, recovery } = prepared;
  const ports = await freePorts(portsNeeded(plan, options.split));
  const { specs, omitted } = processes(plan, { ...options, ports, sockets: await socketDirectory(places) });
  const running = await describeRunning(options, specs, prepared);
  await undo.step("write the plan", () => writeAtomically(places.plan, JSON.stringify(plan)));
  const url = databaseUrl(cluster, password);
  await localSecrets(places).write("database/url", url);

  const accounts = specs.find((spec) => spec.kind === "serve" && spec.modules.includes("accounts"));
  const acts = await undo.step(
    "open the journal of acts",
    () =>
      startActs(
        places.acts,
        async () =>
          accounts?.kind === "serve"
            ? {
                url: socketUrl(accounts.socket),
                token: currentToken(await localSecrets(places).readOrCreate(tokenSecret("modules"))),
              }
            : undefined,
        (problem) => log.write("keelson", "error", problem),
      ),
    (opened) => opened.stop(),
  );
  const start = { version: options.version, file: options.file.slice(0, 500) };
  await acts.record({ act: "platform.start", actor: `os:${personName()}`, subject: running.platform, detail: start });
  let restoredAt: number | undefined;
  const recordRestore = async (): Promise<void> => {
    const restore = recovery.lastRestore();
    if (restore === undefined || restore.startedAt === restoredAt) return;
    restoredAt = restore.startedAt;
    await acts.record({ act: "database.restore", actor: "internal", subject: restore.backup });
  };
  const supervisor = await undo.step(
    "start the supervisor",
    () => startSupervisor(specs, (spec) => startProcess(spec, prepared, running, recordRestore)),
    (supervising) => supervising.stop(),
  );
  supervisor.events.on("event", ({ process, kind, reason }) =>
    log.write(process, kind === "crashed" || kind === "killing" ? "error" : "info", `${kind}: ${reason}`),
  );
  const exclusive = new ExclusiveOperations();
  const target = {
    ...prepared,
    ...{ plan, running, layout: places, specs, supervisor },
    databaseUrl: url,
    databaseDirectory: cluster.data,
  };
  const drills = await undo.step(
    "start the drills",
    () =>
      startDrills({
        plan,
        target: () => drillTarget(target),
        recordsPerSecond: () => usageRecordRate(target.databaseUrl),
        store: drillStore(places.drills),
        version: options.version,
        exclusive,
      }),
    (started) => started.stop(),
  );
  const stopProcesses = async (): Promise<void> => {
    await drills.stop();
    recovery.cancel();
    await supervisor.stop();
  };
  const stop = (): Promise<void> => undo.run(AbortSignal.timeout(STOP_TIMEOUT_MS));
  const platform: Platform = {
    databaseDirectory: cluster.data,
    ...{ running, layout: places, plan, supervisor, recovery, drills, acts, exclusive, first, omitted, stop },
  };
  const ready = waitUntilReady(supervisor, onProgress, options.signal);
  // Awaited below; a failure before that must not count as unhandled.
  ready.catch(() => undefined);
  await undo.step(
    "open the control socket",
    () => serveControl(running.control, control(platform)),
    (server) => {
      server.close();
      server.closeAllConnections();
    },
  );
  // Before the platform is ready: a start that restores a database can be inspected and stopped meanwhile.
  await undo.step(
    "publish the running platform",
    () => writeRunning(places, running),
    () => removeRunning(places),
  );
  // Released first: the control socket serves until every process has stopped. It is open before the processes are ready, so a
  // start that fails from here on may have a drill or a backup to cancel.
  undo.defer("stop the processes", stopProcesses);
  await undo.step("wait until the processes are ready", () => ready);
  return platform;
}

async function describeRunning(
  options: PlatformOptions,
  specs: readonly ProcessSpec[],
  { places, backups }: Pick<Prepared, "places" | "backups">,
): Promise<RunningPlatform> {
  const { plan, port } = options;
  const serving = specs.filter((spec): spec is ServeSpec => spec.kind === "serve");
  const entrance = serving.find((spec) => spec.port === port);
  if (!entrance) throw new KeelsonError("plan/empty", "the platform file declares no unit with modules");
  const dashboard = serving.find((spec) => spec.modules.includes("dashboard")) ?? entrance;
  return {
    pid: process.pid,
    url: serveUrl(entrance),
    dashboard: serveUrl(dashboard),
    control: await controlSocket(places),
    sockets: { url: entrance.socket, dashboard: dashboard.socket },
    startedAt: Date.now(),
    file: options.file,
    platform: plan.platform,
    environment: plan.environment,
    backups,
    data: places.root,
    start: {
      file: options.path ?? options.file,
      host: options.host,
      port: options.port,
      split: options.split,
      ...(options.backups !== undefined && { backups: options.backups }),
    },
  };
}

function startProcess(
  spec: ProcessSpec,
  { places, cluster, password, recovery }: Prepared,
  running: RunningPlatform,
  databaseStarted: () => Promise<void>,
): ReturnType<typeof startServe> | ReturnType<typeof startPostgres> {
  if (spec.kind === "postgres")
    return startPostgres({
      cluster,
      password,
      server: recovery.archive ? { archive: recovery.archive } : {},
      prepare: (signal) => recovery.prepare(signal),
      started: async (server) => {
        await recovery.started(server);
        await databaseStarted();
      },
      startFailed: (error) => recovery.startFailed(error),
    });
  return startServe(spec, {
    plan: places.plan,
    data: join(places.modules, spec.state),
    secrets: places.secrets,
    log: join(places.logs, `${spec.name}.log`),
    control: running.control,
    publicUrl: spec.modules.includes("dashboard") ? running.dashboard : running.url,
  });
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
