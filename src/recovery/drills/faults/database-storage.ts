import { KeelsonError } from "../../../errors/keelson-error.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import type { DrillTarget, Finding, Injection, Log } from "../target.js";

/** A WAL segment gets at least this long to reach the archive, however short the declared interval is. */
const MIN_ARCHIVE_TIMEOUT_MS = 10_000;

/**
 * Whether the platform can survive the loss of its database, tested before anything is destroyed: the newest backup is
 * restored and compared, and a WAL segment must reach the archive within the declared interval.
 */
export async function checkBackups(target: DrillTarget, log: Log): Promise<readonly Finding[]> {
  return [...(await checkNewestBackup(target, log)), ...(await checkArchive(target, log))];
}

async function checkNewestBackup({ backups }: DrillTarget, log: Log): Promise<Finding[]> {
  const newest = (await backups.catalogue()).backups.at(-1);
  if (!newest) {
    log("there is no backup yet: taking one");
    const taken = await attempt(() => backups.take(true));
    return "why" in taken ? [{ what: "no backup can be taken", why: taken.why }] : invalid(taken.value);
  }
  const { id } = newest.manifest;
  log(`verifying backup ${id} by restoring it`);
  const verified = await attempt(() => backups.verify(id));
  if ("why" in verified) return [{ what: `backup ${id} cannot be verified`, why: verified.why }];
  return invalid(verified.value);
}

function invalid({ manifest, verification }: Awaited<ReturnType<DrillTarget["backups"]["verify"]>>): Finding[] {
  if (verification?.valid) return [];
  return [
    {
      what: `backup ${manifest.id} is not valid`,
      why: verification?.findings.join("; ") ?? "it has not been verified",
    },
  ];
}

async function checkArchive({ plan, backups }: DrillTarget, log: Log): Promise<Finding[]> {
  const what = "the log is not archived";
  const [database] = moduleDatabases(plan);
  const interval = database?.backups.log?.every;
  if (interval === undefined)
    return [{ what, why: "no `log` is declared: everything since the newest backup would be lost" }];
  const archived = await attempt(() => backups.probeArchive(Math.max(interval, MIN_ARCHIVE_TIMEOUT_MS)));
  if ("why" in archived) return [{ what, why: archived.why }];
  log(`a WAL segment was archived within ${archived.value} ms`);
  return [];
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { why: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof KeelsonError) return { why: error.message };
    throw error;
  }
}

/** Destroys the database's storage and kills its server. */
export function destroyStorage(target: DrillTarget, description: string): Injection {
  let before: number | undefined;
  const server = async () => (await target.processes()).find(({ kind }) => kind === "postgres");
  return {
    description,
    subjects: moduleDatabases(target.plan).map(({ name }) => name),
    observedBy: "write",
    async inject() {
      before = (await server())?.pid;
      await target.destroyDatabaseStorage();
    },
    async isRepaired() {
      const now = await server();
      return now?.running === true && now.pid !== before;
    },
  };
}
