import { type BackupList, backupSchema, type ListedBackup } from "../../contracts/backups.js";
import type { Backup, Catalogue } from "./catalogue.js";

/** The catalogue as it is printed and served, oldest backup first. */
export function listing(place: string, catalogue: Catalogue): BackupList {
  return {
    place,
    backups: catalogue.backups.map(listed),
    damaged: [...catalogue.damaged],
    incomplete: [...catalogue.incomplete],
  };
}

export function listed({ manifest, verification, origin, opens }: Backup): ListedBackup {
  return backupSchema.parse({
    ...manifest,
    bytes: manifest.base.bytes,
    encrypted: manifest.recipient !== null,
    ...{ origin, opens },
    tables: manifest.fingerprint.tables.length,
    rows: manifest.fingerprint.tables.reduce((sum, table) => sum + table.rows, 0),
    verifiedAt: verification?.valid ? verification.at : undefined,
    verification,
  });
}
