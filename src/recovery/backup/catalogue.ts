import { createHash } from "node:crypto";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { corrupt } from "../backup-codec.js";
import { collect, type Repository, single } from "../repository/repository.js";
import { fingerprintSchema } from "./fingerprint.js";

const objectSchema = z.object({ name: z.string(), bytes: z.number(), sha256: z.string() });

/** What the repository says of one backup. Written last: a backup without it is not one. */
const manifestSchema = z.object({
  format: z.literal(1),
  /** `20251121T080102Z`, the UTC time at which it was begun. */
  id: z.string().regex(/^[0-9]{8}T[0-9]{6}Z(-[0-9]+)?$/),
  /** System identifier of the database. */
  system: z.string().regex(/^[0-9]+$/),
  platform: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  finishedAt: z.number(),
  postgres: z.string(),
  /** Bytes of the data directory, unpacked. */
  size: z.number(),
  timeline: z.number(),
  startLsn: z.string(),
  stopLsn: z.string(),
  /** Where recovery begins to read the log, and the last file it needs to reach the restore point. */
  firstSegment: z.string(),
  lastSegment: z.string(),
  restorePoint: z.object({ name: z.string(), lsn: z.string(), at: z.number() }),
  /** Public key that it is encrypted to; null when it is not encrypted. */
  recipient: z.string().nullable(),
  base: objectSchema,
  fingerprint: fingerprintSchema,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** The proof that a backup is one: it was restored into a clean place and compared. */
const verificationSchema = z.object({
  at: z.number(),
  valid: z.boolean(),
  /** What was found wrong; empty when valid. */
  findings: z.array(z.string()),
  tables: z.number(),
  rows: z.number(),
  /** Milliseconds for fetching and unpacking, and for the server to replay the log. */
  restoreMs: z.number(),
  replayMs: z.number(),
});

export type Verification = z.infer<typeof verificationSchema>;

export interface Backup {
  readonly manifest: Manifest;
  readonly verification: Verification | undefined;
}

/** An entry of the catalogue that cannot be read: shown, never restored from. */
export interface DamagedEntry {
  readonly object: string;
  readonly why: string;
}

export interface Catalogue {
  /** Oldest first. */
  readonly backups: readonly Backup[];
  readonly damaged: readonly DamagedEntry[];
}

export function backupPrefix(manifest: Pick<Manifest, "system" | "id">): string {
  return `${manifest.system}/backups/${manifest.id}/`;
}

/** The id of a backup begun at `at` (epoch milliseconds). */
export function backupId(at: number): string {
  return `${new Date(at).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

export async function writeManifest(repository: Repository, manifest: Manifest): Promise<void> {
  await writeSigned(repository, `${backupPrefix(manifest)}manifest.json`, manifest);
}

export async function writeVerification(
  repository: Repository,
  manifest: Manifest,
  found: Verification,
): Promise<void> {
  await writeSigned(repository, `${backupPrefix(manifest)}verified.json`, found);
}

/** Every backup in the repository, of every database that was ever backed up into it. Throws `backup/bucket`. */
export async function readCatalogue(repository: Repository): Promise<Catalogue> {
  // Beside the backups lies the log, with a file for each half minute of a week or more: it is not looked through for these.
  const systems = (await repository.folders()).filter((name) => /^[0-9]+$/.test(name));
  const objects = await Promise.all(systems.map((system) => repository.list(`${system}/backups/`)));
  const names = new Set(objects.flat().map((object) => object.name));
  const read = async (object: string): Promise<Backup | DamagedEntry | undefined> => {
    try {
      const manifest = await readSigned(repository, object, manifestSchema);
      const proof = `${backupPrefix(manifest)}verified.json`;
      const verification = names.has(proof) ? await readSigned(repository, proof, verificationSchema) : undefined;
      return { manifest, verification };
    } catch (error) {
      if (!(error instanceof KeelsonError) || error.code === "backup/bucket") throw error;
      // One that has expired since the listing is no damage.
      return error.code === "backup/missing" ? undefined : { object, why: error.message };
    }
  };
  // Side by side: a bucket takes its time for each.
  const entries = await Promise.all([...names].filter((name) => name.endsWith("/manifest.json")).map(read));
  return {
    backups: entries
      .flatMap((entry) => (entry && "manifest" in entry ? [entry] : []))
      .sort((a, b) => a.manifest.finishedAt - b.manifest.finishedAt),
    damaged: entries.flatMap((entry) => (entry && "object" in entry ? [entry] : [])),
  };
}

/** Finds a backup by its id, or `latest`. Throws `backup/unknown`. */
export function findBackup(catalogue: Catalogue, id: string): Backup {
  const found =
    id === "latest" ? catalogue.backups.at(-1) : catalogue.backups.find((backup) => backup.manifest.id === id);
  if (found) return found;
  const known = catalogue.backups.map((backup) => backup.manifest.id);
  throw new KeelsonError("backup/unknown", id === "latest" ? "there is no backup yet" : `there is no backup ${id}`, {
    hint: known.length > 0 ? `there are: ${known.slice(-5).join(", ")}` : "make one: keelson backup",
  });
}

/** JSON whose first line is the SHA-256 of the rest, so that a flipped bit in the catalogue itself is seen too. */
async function writeSigned(repository: Repository, name: string, content: unknown): Promise<void> {
  const body = JSON.stringify(content, undefined, 2);
  await repository.put(name, single(Buffer.from(`{"sha256":"${digest(body)}"}\n${body}\n`)));
}

async function readSigned<T>(repository: Repository, name: string, schema: z.ZodType<T>): Promise<T> {
  const text = (await collect(repository.get(name))).toString("utf8");
  const end = text.indexOf("\n");
  const body = text.slice(end + 1).replace(/\n$/, "");
  if (text.slice(0, end) !== `{"sha256":"${digest(body)}"}`)
    throw corrupt(name, "its SHA-256 is not the one it states");
  const parsed = schema.safeParse(JSON.parse(body));
  if (!parsed.success)
    throw new KeelsonError("backup/format", `${name} was written by another version of keelson`, {
      cause: parsed.error,
    });
  return parsed.data;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
