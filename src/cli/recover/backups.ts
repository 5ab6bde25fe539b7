import { resolve } from "node:path";
import { type BackupList, backupSchema, type ListedBackup } from "../../contracts/backups.js";
import { singleLine } from "../../errors/terminal-text.js";
import { backupPlace } from "../../local/backup-place.js";
import { callControl } from "../../local/control/client.js";
import { backupsFromEnvironment, layout, requireOwnData } from "../../local/layout.js";
import { livePlatform, readRunning } from "../../local/running.js";
import { formatSize } from "../../promises/format.js";
import { restoreStatement } from "../../recovery/attestation/restore.js";
import type { Backup } from "../../recovery/backup/catalogue.js";
import { listed, listing } from "../../recovery/backup/listing.js";
import { type BackupLocation, catalogueOf, verifyOffline } from "../../recovery/offline.js";
import { type ConnectionOptions, findData } from "../platform/connection.js";
import { print, printError, printJson, printJsonLine, printResult } from "../terminal/output.js";
import { describe } from "./backup.js";
import { withBusyProgress } from "./busy-progress.js";

/** The location of backups without a running platform. */
export interface RepositoryOptions extends ConnectionOptions {
  readonly from?: string;
  readonly identity?: string;
  readonly json?: boolean;
  readonly format?: "text" | "json" | "in-toto";
}

/** `keelson backups`. */
export async function listBackups(options: RepositoryOptions): Promise<void> {
  const { repository, catalogue } = await catalogueOf(await findLocation(options));
  if (options.format === "in-toto") printStatements(catalogue.backups);
  else printList(listing(repository.place, catalogue), options);
}

/** One unsigned statement per line and verified backup, oldest first. The others are named on stderr. */
function printStatements(backups: readonly Backup[]): void {
  for (const backup of backups) {
    const statement = restoreStatement(backup);
    if (typeof statement === "string") printError(`backup ${backup.manifest.id} attests nothing: ${statement}\n`);
    else printJsonLine(statement);
  }
}

/** `keelson backups verify`. */
export async function verifyBackup(id: string, options: RepositoryOptions): Promise<void> {
  const backup = await verify(id, options);
  printResult(options.json, backup, () => describe(backup));
  if (!backup.verification?.valid) process.exitCode = 1;
}

/** The location of the selected platform's backups, whether it runs or not. */
export async function findLocation(options: RepositoryOptions): Promise<BackupLocation> {
  const from = options.from ?? backupsFromEnvironment();
  if (from !== undefined && options.identity !== undefined) return { repository: from, identity: options.identity };
  const data = await findData(options);
  const own = layout(data);
  const running = await readRunning(own);
  const repository = from ?? running?.backups ?? (await backupPlace(undefined, own)).place;
  return { repository, identity: options.identity ?? own.identity };
}

async function verify(id: string, options: RepositoryOptions): Promise<ListedBackup> {
  // With a repository of its own, a new data directory can be named for the temporary files.
  const named = options.from === undefined ? undefined : options.data;
  const data = named === undefined ? await findData(options) : resolve(named);
  const running = options.from === undefined ? await livePlatform(layout(data)) : undefined;
  if (running)
    return withBusyProgress(
      running.control,
      callControl(running.control, `/backups/${encodeURIComponent(id)}/verify`, backupSchema, { method: "POST" }),
    );
  // The backup is restored to a temporary directory in the data directory, which is created if absent.
  await requireOwnData(data);
  return listed(await verifyOffline(await findLocation(options), id, data));
}

function printList(found: BackupList, options: RepositoryOptions): void {
  if (options.json || options.format === "json") {
    printJson(found);
    return;
  }
  print(`${found.backups.length} ${found.backups.length === 1 ? "backup" : "backups"} in ${found.place}\n`);
  for (const backup of found.backups) print(`  ${describe(backup)}\n`);
  for (const damaged of found.damaged) print(`  ! ${singleLine(`${damaged.object}: ${damaged.why}`)}\n`);
  for (const { name, bytes } of found.incomplete)
    print(`  · ${singleLine(name)}: ${formatSize(bytes)} without a manifest: in progress, or interrupted\n`);
  if (found.damaged.length > 0) process.exitCode = 1;
}
