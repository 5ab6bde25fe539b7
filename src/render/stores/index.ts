import type { Store, StoreKind } from "../../plan/plan.js";
import type { BackupKind } from "../declarations/stores.js";
import type { Note } from "../note.js";
import { bucketRenderer } from "./bucket.js";
import { postgresRenderer } from "./postgres.js";
import { rabbitmqRenderer } from "./rabbitmq.js";
import { redisRenderer } from "./redis.js";
import { type BackupJob, type Membership, type StoreRenderer, type StoreServer, singleMember } from "./server.js";

/** The renderer of each kind of store. */
const RENDERERS: { readonly [Kind in StoreKind]: StoreRenderer<Kind> } = {
  postgres: postgresRenderer,
  redis: redisRenderer,
  rabbitmq: rabbitmqRenderer,
  bucket: bucketRenderer,
};

/** The store's server. `archivesLog`: the target provides a volume for archived WAL segments. */
export function storeServer<Kind extends StoreKind>(
  store: Store<Kind>,
  membership: Membership,
  archivesLog: boolean,
): StoreServer {
  return RENDERERS[store.kind].server(store, membership, archivesLog);
}

/** The store's server on a target that runs a single server per store. */
export function singleServer<Kind extends StoreKind>(store: Store<Kind>): StoreServer {
  const renderer = RENDERERS[store.kind];
  return renderer.server(renderer.single?.(store) ?? store, singleMember(store.name), false);
}

/** The job that backs up a store; undefined if the store has none. */
export function backupJob<Kind extends StoreKind>(store: Store<Kind>): BackupJob | undefined {
  return RENDERERS[store.kind].backup?.(store);
}

/** The kinds of backups that a store's job and its servers take. */
export function backupsTaken<Kind extends StoreKind>(store: Store<Kind>): ReadonlySet<BackupKind> {
  const job = backupJob(store);
  const archives = RENDERERS[store.kind].archives?.(store) ?? false;
  return new Set<BackupKind>([...(job ? [job.kind] : []), ...(archives ? ["log" as const] : [])]);
}

/** Whether the store's servers need a volume for backups: a job writes to it, or the servers archive their log. */
export function needsBackupVolume<Kind extends StoreKind>(store: Store<Kind>): boolean {
  return backupsTaken(store).size > 0;
}

/** The script that joins a store's servers into one cluster; undefined if they need none. */
export function joinScript<Kind extends StoreKind>(store: Store<Kind>, membership: Membership): string | undefined {
  return RENDERERS[store.kind].join?.(store, membership);
}

/** Settings of a store that its server cannot apply. */
export function serverNotes<Kind extends StoreKind>(store: Store<Kind>): readonly Note[] {
  return RENDERERS[store.kind].notes?.(store) ?? [];
}
