import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { parseLsn } from "../archive/segments.js";
import { type BackupCodec, corrupt } from "../backup-codec.js";
import type { Repository } from "../repository/repository.js";
import { type Origin, readSigned, type SignedFor, writeSigned } from "../repository/signed-object.js";
import { fingerprintSchema } from "./fingerprint.js";
import { type IncompleteBackup, incompleteBackups } from "./leftovers.js";

const objectSchema = z.object({ name: z.string(), bytes: z.number(), sha256: z.string() });

/** The description of one backup. It is written last: a backup without it does not exist. */
/** A position in the WAL, as PostgreSQL writes it. */
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i);

const manifestSchema = z.object({
  format: z.literal(1),
  /** `20251121T080102Z`, the UTC time at which it was started. */
  id: z.string().regex(/^[0-9]{8}T[0-9]{6}Z(-[0-9]+)?$/),
  /** System identifier of the database. */
  system: z.string().regex(/^[0-9]+$/),
  platform: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  finishedAt: z.number(),
  postgres: z.string(),
  /** Bytes of the data directory, uncompressed. */
  size: z.number(),
  timeline: z.number(),
  startLsn: lsn,
  stopLsn: lsn,
  /** The first and the last segment that recovery needs to reach the restore point. */
  firstSegment: z.string(),
  lastSegment: z.string(),
  restorePoint: z.object({ name: z.string(), lsn, at: z.number() }),
  /** Public key that it is encrypted to; null without encryption. */
  recipient: z.string().nullable(),
  /** Further public keys that it is encrypted to. */
  escrow: z.array(z.string()).optional(),
  base: objectSchema,
  /** What was damaged in the source already; absent if nothing was. Such a backup is never valid. */
  damage: z.array(z.string()).optional(),
  fingerprint: fingerprintSchema,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** The result of restoring a backup into an empty directory and comparing it. */
const verificationSchema = z.object({
  at: z.number(),
  valid: z.boolean(),
  /** Differences and errors; empty if valid. */
  findings: z.array(z.string()),
  /** Tables that were read but could not be compared with the source, because they were locked or changed meanwhile. */
  notCompared: z.array(z.string()).optional(),
  tables: z.number(),
  rows: z.number(),
  /** Milliseconds for fetching and unpacking, and for the server to replay the log. */
  restoreMs: z.number(),
  replayMs: z.number(),
});

export type Verification = z.infer<typeof verificationSchema>;

export interface Backup {
  readonly manifest: Manifest;
  /** Undefined if it was never verified, or if its verification is damaged or not authenticated. */
  readonly verification: Verification | undefined;
  readonly origin: Origin;
  /** Whether the identity at hand decrypts it. */
  readonly opens: boolean;
}

/** An entry of the catalogue that cannot be read or whose authentication fails: it is listed, and never used. */
export interface DamagedEntry {
  readonly object: string;
  readonly why: string;
}

export interface Catalogue {
  /** Of each database, oldest first. */
  readonly backups: readonly Backup[];
  readonly damaged: readonly DamagedEntry[];
  /** Backups without a manifest: one may be in progress, others were interrupted. */
  readonly incomplete: readonly IncompleteBackup[];
}

export function backupPrefix(manifest: Pick<Manifest, "system" | "id">): string {
  return `${manifest.system}/backups/${manifest.id}/`;
}

/** The id of a backup started at `at` (epoch milliseconds). */
export function backupId(at: number): string {
  return `${new Date(at).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

type Keys = Pick<BackupCodec, "authenticator" | "recipient">;

export async function writeManifest(repository: Repository, keys: Keys, manifest: Manifest): Promise<void> {
  const name = manifestName(manifest);
  await writeSigned(repository, keys.authenticator, name, manifest, { purpose: "manifest" });
}

/** Stores the result of a verification. It is bound to the files of that backup: it proves nothing about another. */
export async function writeVerification(
  repository: Repository,
  keys: Keys,
  manifest: Manifest,
  found: Verification,
): Promise<void> {
  const name = verificationName(manifest);
  await writeSigned(repository, keys.authenticator, name, found, verificationOf(manifest));
}

function manifestName(manifest: Pick<Manifest, "system" | "id">): string {
  return `${backupPrefix(manifest)}manifest.json`;
}

/** Binds a verification to the files of its backup. */
function verificationOf({ base }: Manifest): SignedFor {
  return { purpose: "verification", bound: base.sha256 };
}

function verificationName(manifest: Manifest): string {
  return `${backupPrefix(manifest)}verified.json`;
}

/** Each request to a bucket has a latency, and each foreign document may have `MAX_SIGNED_BYTES` in memory. */
const CONCURRENT_READS = 16;

/** Every backup in the repository, of all databases, each with its origin. Throws `backup/bucket`. */
export async function readCatalogue(repository: Repository, keys: Keys): Promise<Catalogue> {
  // The log archive beside the backups has too many files to list them all.
  const systems = (await repository.folders()).filter((name) => /^[0-9]+$/.test(name));
  const objects = await Promise.all(systems.map((system) => repository.list(`${system}/backups/`)));
  const names = new Set(objects.flat().map((object) => object.name));
  const entries: Entry[] = [];
  const manifests = [...names].filter((name) => name.endsWith("/manifest.json"));
  for (let done = 0; done < manifests.length; done += CONCURRENT_READS) {
    const some = manifests.slice(done, done + CONCURRENT_READS);
    entries.push(...(await Promise.all(some.map((name) => readBackup(repository, keys, names, name)))));
  }
  return {
    backups: bySystem(entries.flatMap(({ backup }) => backup ?? [])),
    damaged: entries.flatMap(({ damaged }) => damaged),
    incomplete: incompleteBackups(objects.flat()),
  };
}

/** In the order of the WAL, which no clock changes: a restore starts a timeline with the next higher number. */
export function byLogPosition({ manifest: a }: Backup, { manifest: b }: Backup): number {
  const lsn = parseLsn(a.startLsn) - parseLsn(b.startLsn);
  return a.timeline - b.timeline || Number(lsn) || a.finishedAt - b.finishedAt;
}

/** The backups of each database in the order of its WAL; the database with the newest backup last. */
function bySystem(backups: readonly Backup[]): Backup[] {
  const systems = new Map<string, Backup[]>();
  for (const backup of backups) {
    const { system } = backup.manifest;
    systems.set(system, [...(systems.get(system) ?? []), backup]);
  }
  const newest = (of: readonly Backup[]) => Math.max(...of.map(({ manifest }) => manifest.finishedAt));
  return [...systems.values()].sort((a, b) => newest(a) - newest(b)).flatMap((of) => of.sort(byLogPosition));
}

interface Entry {
  readonly backup?: Backup;
  readonly damaged: readonly DamagedEntry[];
}

async function readBackup(
  repository: Repository,
  keys: Keys,
  names: ReadonlySet<string>,
  object: string,
): Promise<Entry> {
  const damaged = (name: string, error: unknown): DamagedEntry[] => {
    const code = error instanceof KeelsonError ? error.code : undefined;
    // The repository is unreachable. Everything else concerns one entry, and must not hide the others.
    if (code === "backup/bucket") throw error;
    // A backup that expired since the listing is not damaged.
    return code === "backup/missing" ? [] : [{ object: name, why: messageOf(error) }];
  };
  try {
    const { content: manifest, origin } = await readSigned(repository, keys.authenticator, object, {
      schema: manifestSchema,
      signedFor: { purpose: "manifest" },
    });
    // A manifest belongs to its place: a copy of it under another name is another, newer backup.
    if (object !== manifestName(manifest)) throw corrupt(object, `it is the manifest of backup ${manifest.id}`);
    const { recipient, escrow = [] } = manifest;
    const opens = recipient === null || [recipient, ...escrow].some((each) => each === keys.recipient);
    const proof = verificationName(manifest);
    if (!names.has(proof)) return { backup: { manifest, verification: undefined, origin, opens }, damaged: [] };
    try {
      const found = await readSigned(repository, keys.authenticator, proof, {
        schema: verificationSchema,
        signedFor: verificationOf(manifest),
      });
      if (found.origin !== origin) throw corrupt(proof, "it was not written by the platform that wrote the backup");
      return { backup: { manifest, verification: found.content, origin, opens }, damaged: [] };
    } catch (error) {
      // Damage of the proof is no damage of the backup: it counts as not verified.
      return { backup: { manifest, verification: undefined, origin, opens }, damaged: damaged(proof, error) };
    }
  } catch (error) {
    return { damaged: damaged(object, error) };
  }
}

/** The backups that can be restored with the identity at hand, and that a holder of it has written. */
export function usable(backups: readonly Backup[]): readonly Backup[] {
  return backups.filter(({ origin, opens }) => origin === "authenticated" && opens);
}

/**
 * Finds a backup by its id, or `latest`: the newest usable one. Throws `backup/unknown`.
 */
export function findBackup(catalogue: Pick<Catalogue, "backups">, id: string): Backup {
  const found =
    id === "latest"
      ? (usable(catalogue.backups).at(-1) ?? catalogue.backups.at(-1))
      : catalogue.backups.find((backup) => backup.manifest.id === id);
  if (found) return found;
  const ids = catalogue.backups.map((backup) => backup.manifest.id);
  throw new KeelsonError("backup/unknown", id === "latest" ? "there is no backup yet" : `there is no backup ${id}`, {
    hint: ids.length > 0 ? `newest backups: ${ids.slice(-5).join(", ")}` : "take one: keelson backup",
  });
}

/** Throws `backup/unauthenticated` unless a holder of the platform's identity has written the backup. */
export function requireAuthenticated({ manifest: { id }, origin }: Backup): void {
  switch (origin) {
    case "authenticated":
      return;
    case "other-key":
      throw new KeelsonError("backup/unauthenticated", `backup ${id} was written by a platform with another identity`, {
        hint: "give the identity of that platform: --identity FILE; with an escrow identity also --trust-key FINGERPRINT",
      });
    case "unauthenticated":
      throw new KeelsonError("backup/unauthenticated", `backup ${id} has no authentication code`);
    case "not-checked":
      throw new KeelsonError(
        "backup/unauthenticated",
        `the origin of backup ${id} cannot be checked without an identity`,
        {
          hint: "give the identity of the platform that wrote it: --identity FILE",
        },
      );
  }
}
