import { createHash } from "node:crypto";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { corrupt } from "../backup-codec.js";
import { collect, type Repository, single } from "../repository/repository.js";
import { fingerprintSchema } from "./fingerprint.js";

const objectSchema = z.object({ name: z.string(), bytes: z.number(), sha256: z.string() });

/** The description of one backup. It is written last: a backup without it does not exist. */
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
  startLsn: z.string(),
  stopLsn: z.string(),
  /** The first and the last segment that recovery needs to reach the restore point. */
  firstSegment: z.string(),
  lastSegment: z.string(),
  restorePoint: z.object({ name: z.string(), lsn: z.string(), at: z.number() }),
  /** Public key that it is encrypted to; null without encryption. */
  recipient: z.string().nullable(),
  base: objectSchema,
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
  readonly verification: Verification | undefined;
}

/** An entry of the catalogue that cannot be read: it is listed, and never restored from. */
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

/** The id of a backup started at `at` (epoch milliseconds). */
export function backupId(at: number): string {
  return `${new Date(at).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

export async function writeManifest(repository: Repository, manifest: Manifest): Promise<void> {
  await writeWithChecksum(repository, `${backupPrefix(manifest)}manifest.json`, manifest);
}

export async function writeVerification(
  repository: Repository,
  manifest: Manifest,
  found: Verification,
): Promise<void> {
  await writeWithChecksum(repository, `${backupPrefix(manifest)}verified.json`, found);
}

/** Every backup in the repository, of all databases. Throws `backup/bucket`. */
export async function readCatalogue(repository: Repository): Promise<Catalogue> {
  // The log archive beside the backups has too many files to list them all.
  const systems = (await repository.folders()).filter((name) => /^[0-9]+$/.test(name));
  const objects = await Promise.all(systems.map((system) => repository.list(`${system}/backups/`)));
  const names = new Set(objects.flat().map((object) => object.name));
  const read = async (object: string): Promise<Backup | DamagedEntry | undefined> => {
    try {
      const manifest = await readWithChecksum(repository, object, manifestSchema);
      const proof = `${backupPrefix(manifest)}verified.json`;
      const verification = names.has(proof) ? await readWithChecksum(repository, proof, verificationSchema) : undefined;
      return { manifest, verification };
    } catch (error) {
      if (!(error instanceof KeelsonError) || error.code === "backup/bucket") throw error;
      // A backup that expired since the listing is not damaged.
      return error.code === "backup/missing" ? undefined : { object, why: error.message };
    }
  };
  // Concurrently: each request to a bucket has a latency.
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
  const ids = catalogue.backups.map((backup) => backup.manifest.id);
  throw new KeelsonError("backup/unknown", id === "latest" ? "there is no backup yet" : `there is no backup ${id}`, {
    hint: ids.length > 0 ? `newest backups: ${ids.slice(-5).join(", ")}` : "take one: keelson backup",
  });
}

/** Writes JSON whose first line is the SHA-256 of the rest, so that damage of the catalogue itself is detected. */
async function writeWithChecksum(repository: Repository, name: string, content: unknown): Promise<void> {
  const body = JSON.stringify(content, undefined, 2);
  await repository.put(name, single(Buffer.from(`{"sha256":"${digest(body)}"}\n${body}\n`)));
}

async function readWithChecksum<T>(repository: Repository, name: string, schema: z.ZodType<T>): Promise<T> {
  const text = (await collect(repository.get(name))).toString("utf8");
  const end = text.indexOf("\n");
  const body = text.slice(end + 1).replace(/\n$/, "");
  if (text.slice(0, end) !== `{"sha256":"${digest(body)}"}`)
    throw corrupt(name, "its SHA-256 does not match its first line");
  const parsed = schema.safeParse(JSON.parse(body));
  if (!parsed.success)
    throw new KeelsonError("backup/format", `${name} was written by another version of Keelson`, {
      cause: parsed.error,
    });
  return parsed.data;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
