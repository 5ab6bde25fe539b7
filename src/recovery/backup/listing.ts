import { z } from "zod";
import type { Backup, Catalogue } from "./catalogue.js";

export const backupSchema = z.object({
  id: z.string(),
  platform: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  finishedAt: z.number(),
  /** Stored bytes of the files, packed and encrypted. */
  bytes: z.number(),
  /** Bytes of the data directory. */
  size: z.number(),
  encrypted: z.boolean(),
  tables: z.number(),
  rows: z.number(),
  /** When it was last restored and found equal; absent where it was not. */
  verifiedAt: z.number().optional(),
  verification: z
    .object({
      at: z.number(),
      valid: z.boolean(),
      findings: z.array(z.string()),
      restoreMs: z.number(),
      replayMs: z.number(),
    })
    .optional(),
});

const listingSchema = z.object({
  place: z.string(),
  backups: z.array(backupSchema),
  damaged: z.array(z.object({ object: z.string(), why: z.string() })),
});

/** What `keelson backups --json` prints, oldest first. */
export type BackupListing = z.infer<typeof listingSchema>;
export type ListedBackup = z.infer<typeof backupSchema>;

export function listing(place: string, catalogue: Catalogue): BackupListing {
  return { place, backups: catalogue.backups.map(listed), damaged: [...catalogue.damaged] };
}

export function listed({ manifest, verification }: Backup): ListedBackup {
  return backupSchema.parse({
    ...manifest,
    bytes: manifest.base.bytes,
    encrypted: manifest.recipient !== null,
    tables: manifest.fingerprint.tables.length,
    rows: manifest.fingerprint.tables.reduce((sum, table) => sum + table.rows, 0),
    verifiedAt: verification?.valid ? verification.at : undefined,
    verification,
  });
}
