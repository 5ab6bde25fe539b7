import { type Backup, readCatalogue } from "../backup/catalogue.js";
import { systemIdentifier } from "../backup/data-directory.js";
import type { RecoveryContext } from "./context.js";

/**
 * Reports backups of this database that the platform can no longer restore, above all after the identity was lost: a new one
 * has been created, and nothing else shows that the old backups are of no use without the old one.
 */
export async function reportUnusable(context: RecoveryContext): Promise<void> {
  const { cluster, repository, codec, report } = context;
  try {
    const system = await systemIdentifier(cluster.data);
    const { backups } = await readCatalogue(repository, codec);
    const message = unusableMessage(backups.filter(({ manifest }) => manifest.system === system));
    if (message !== undefined) report("error", message);
  } catch {
    // An unreachable repository is reported by everything that needs it.
  }
}

/** Undefined if every backup can be restored. */
export function unusableMessage(own: readonly Backup[]): string | undefined {
  const lost = own.filter(({ opens, origin }) => !opens || origin === "other-key");
  const [first] = lost;
  if (first === undefined) return undefined;
  const count = lost.length === 1 ? "1 backup" : `${lost.length} backups`;
  const recipient = first.manifest.recipient === null ? "" : ` (${first.manifest.recipient})`;
  return `${count} cannot be opened: the identity of this platform is not the one that wrote them${recipient}; put that identity back to restore them`;
}
