import { KeelsonError } from "../../errors/keelson-error.js";
import { type Backup, findBackup, readCatalogue } from "../backup/catalogue.js";
import { systemIdentifier } from "../backup/data-directory.js";
import { removeLeftovers } from "../backup/leftovers.js";
import { takeBackup } from "../backup/take-backup.js";
import { verifyBackup } from "../restore/verify.js";
import { type RecoveryContext, requireMarker, scratchDirectory } from "./context.js";
import { writeEscrowKey } from "./escrow-key.js";
import { removeExpired } from "./expire.js";

/** Throws `backup/no-log`. */
export function requireArchive({ archiver }: Pick<RecoveryContext, "archiver">): void {
  if (!archiver)
    throw new KeelsonError("backup/no-log", "the platform file declares no log for the database's backups");
}

/** Takes a backup; with `verify`, restores it to prove it, and then removes expired backups. */
export async function take(context: RecoveryContext, verify: boolean): Promise<Backup> {
  const { queue, platform, cluster, repository, codec, report } = context;
  requireArchive(context);
  return queue.run("taking a backup", async (signal, rename) => {
    const system = await requireMarker(context);
    await writeEscrowKey(context, system);
    await removeInterrupted(context);
    const from = { platform, server: context.server(), data: cluster.data };
    const manifest = await takeBackup(from, repository, codec, { now: Date.now, signal });
    report("info", `backup ${manifest.id} is stored`);
    const backup: Backup = { manifest, verification: undefined, origin: "authenticated", opens: true };
    if (!verify && manifest.damage === undefined) return backup;
    rename(`verifying backup ${manifest.id}`);
    const verified = await check(context, backup, signal);
    await removeExpired(context);
    return verified;
  });
}

/** Before the space of the repository is checked: an interrupted backup may have taken it. */
async function removeInterrupted({ cluster, repository, startedAt, report }: RecoveryContext): Promise<void> {
  const removed = await removeLeftovers(repository, await systemIdentifier(cluster.data), startedAt, Date.now());
  if (removed.length > 0) report("warning", `removed what interrupted backups had left: ${removed.join(", ")}`);
}

/** Verifies a backup of the catalogue by restoring it. Throws `backup/unknown`. */
export function verify(context: RecoveryContext, id: string): Promise<Backup> {
  return context.queue.run("verifying a backup", async (signal) =>
    check(context, findBackup(await readCatalogue(context.repository, context.codec), id), signal),
  );
}

async function check(context: RecoveryContext, backup: Backup, signal: AbortSignal): Promise<Backup> {
  const { repository, codec, report } = context;
  const { manifest } = backup;
  const options = { scratch: scratchDirectory(context), now: Date.now, signal };
  const verification = await verifyBackup(repository, codec, backup, options);
  const { notCompared } = verification;
  if (verification.valid && notCompared)
    report(
      "warning",
      `backup ${manifest.id} is valid: it was restored and read, but not compared: ${notCompared.join(", ")}`,
    );
  else if (verification.valid) report("info", `backup ${manifest.id} is valid: it was restored and compared`);
  else report("error", `backup ${manifest.id} is not valid: ${verification.findings.join("; ")}`);
  return { ...backup, verification };
}
