import { join } from "node:path";
import { singleLine } from "../../errors/terminal-text.js";
import { startActs } from "../../local/acts.js";
import { acquireDataDirectory } from "../../local/data-directory.js";
import { layout } from "../../local/layout.js";
import { personName } from "../../local/person.js";
import { localSecrets } from "../../local/secrets.js";
import { locateCluster } from "../../postgres/cluster.js";
import { systemIdentifier } from "../../recovery/backup/data-directory.js";
import { writeSystemId } from "../../recovery/service/system-id.js";
import { upgradeDatabase } from "../../recovery/upgrade/upgrade.js";
import { type ConnectionOptions, findData } from "../platform/connection.js";
import { printError, printResult } from "../terminal/output.js";

export interface UpgradeDatabaseOptions extends ConnectionOptions {
  readonly oldBin?: string;
  readonly json?: boolean;
}

/** `keelson upgrade-database`. */
export async function upgradeDatabaseCommand(options: UpgradeDatabaseOptions): Promise<void> {
  const places = layout(await findData(options));
  // Throws `platform/running` if a platform runs on it; until the end none can start.
  const lock = await acquireDataDirectory(places, undefined);
  try {
    const { cluster } = await locateCluster(places.root, join(places.logs, "postgres.log"));
    const password = await localSecrets(places).readOrCreate("database/password");
    const act = { act: "database.upgrade", actor: `os:${personName()}`, subject: places.root } as const;
    // The next `keelson up` appends it to the audit log.
    const acts = await startActs(
      places.acts,
      async () => undefined,
      (problem) => printError(`${singleLine(problem)}\n`),
    );
    const upgraded = await acts.during(act, () =>
      upgradeDatabase(cluster, {
        ...{ oldPrograms: options.oldBin, password },
        onProgress: (what) => printError(`· ${singleLine(what)}\n`),
      }),
    );
    await acts.stop();
    // The new cluster is another database system: a later loss is restored from its backups, not from those of the old one.
    await writeSystemId(places.database, await systemIdentifier(cluster.data));
    printResult(
      options.json,
      upgraded,
      () =>
        `the database is of PostgreSQL ${upgraded.to} now: ${upgraded.rows} rows in ${upgraded.tables} tables, compared` +
        (upgraded.kept === undefined
          ? ""
          : `\nthe data directory of PostgreSQL ${upgraded.from} is kept in ${singleLine(upgraded.kept)}`) +
        "\nthe next `keelson up` takes a full backup: earlier backups restore PostgreSQL " +
        `${upgraded.from} only`,
    );
  } finally {
    await lock.release();
  }
}
