import type { Repository, StoredObject } from "../repository/repository.js";

/** A backup without a manifest: it is being taken, or its platform was killed meanwhile. It cannot be restored. */
export interface IncompleteBackup {
  /** `<system>/backups/<id>` */
  readonly name: string;
  readonly bytes: number;
  /** Epoch milliseconds of its newest object. */
  readonly modified: number;
}

/** The backups among these objects, of any database, that have no manifest. */
export function incompleteBackups(objects: readonly StoredObject[]): IncompleteBackup[] {
  const names = new Set(objects.map(({ name }) => name));
  const found = new Map<string, IncompleteBackup>();
  for (const { name: object, bytes, modified } of objects) {
    const name = /^[0-9]+\/backups\/[^/]+/.exec(object)?.[0];
    if (name === undefined || name === object || names.has(`${name}/manifest.json`)) continue;
    const earlier = found.get(name);
    found.set(name, {
      name,
      bytes: (earlier?.bytes ?? 0) + bytes,
      modified: Math.max(earlier?.modified ?? 0, modified),
    });
  }
  return [...found.values()];
}

/** An interrupted backup of another process on this database is left alone for this long. */
const MIN_AGE_MS = 60 * 60_000;

/**
 * Removes what a killed platform left of the backups and WAL files of one database: backups without a manifest, temporary files,
 * incomplete uploads. Returns their names. Only the platform that holds the lock of the data directory calls it, and at most one
 * backup runs at a time: whatever was written before `startedAt` (epoch milliseconds), when it acquired the lock, has no writer.
 */
export async function removeLeftovers(
  repository: Repository,
  system: string,
  startedAt: number,
  now: number,
): Promise<string[]> {
  const isAbandoned = ({ modified }: { readonly modified: number }) =>
    modified < startedAt || modified < now - MIN_AGE_MS;
  const removed: string[] = [];
  for (const partial of (await repository.partials(`${system}/`)).filter(isAbandoned)) {
    await partial.remove();
    removed.push(partial.name);
  }
  const objects = await repository.list(`${system}/backups/`);
  for (const { name } of incompleteBackups(objects).filter(isAbandoned)) {
    for (const object of objects) if (object.name.startsWith(`${name}/`)) await repository.remove(object.name);
    removed.push(name);
  }
  return removed;
}
