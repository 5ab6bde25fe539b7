import type { BackupSchedule, SecretMount, Store, StoreKind } from "../../plan/plan.js";
import type { Note } from "../note.js";

/** How stores of one kind run as containers. */
export interface StoreRenderer<Kind extends StoreKind> {
  /** `archivesLog`: the target provides a volume for archived segments of a database's log. */
  server(store: Store<Kind>, membership: Membership, archivesLog: boolean): StoreServer;
  /** The store as a single server, for a target that runs one; the store itself unless its settings need more. */
  single?(store: Store<Kind>): Store<Kind>;
  /** The backup that a job takes with the tools of the server's own image; undefined if the store takes none. */
  backup?(store: Store<Kind>): BackupJob | undefined;
  /** Whether the servers themselves write to the volume of backups. */
  archives?(store: Store<Kind>): boolean;
  /** The script that joins the servers into one cluster, once they run; undefined if they form it themselves. */
  join?(store: Store<Kind>, membership: Membership): string | undefined;
  /** Settings that the server cannot apply. */
  notes?(store: Store<Kind>): readonly Note[];
}

export interface BackupJob {
  readonly kind: "full" | "snapshot";
  readonly script: string;
  readonly schedule: BackupSchedule;
  /** The one key of the store's secret that the script reads. */
  readonly credential: string;
}

/** A store's server as a container: what every target that runs containers needs to know, and nothing of any one. */
export interface StoreServer {
  readonly image: StoreImage;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Texts by the absolute path under which the server reads them. */
  readonly files: Readonly<Record<string, string>>;
  readonly secret: SecretMount;
  /** Where its durable data lies; undefined for a server that keeps none. */
  readonly data: string | undefined;
  /** Folders it writes to that may be lost with the container. */
  readonly scratch: readonly string[];
  /** Run inside the container; exit code 0 means that the server answers. */
  readonly probe: readonly string[];
  /** Seconds from a stop signal to a clean end, at most. */
  readonly stopSeconds: number;
  /** Several servers start at the same time; otherwise each waits until the one before it is ready. */
  readonly startsInParallel: boolean;
  /** Runs to completion before a server of several starts. */
  readonly prepare: { readonly name: string; readonly script: string } | undefined;
  /** The environment variable that gives a server of several its full name, which is `prefix` and its DNS name. */
  readonly fullName: { readonly variable: string; readonly prefix: string } | undefined;
}

export interface StoreImage {
  readonly reference: string;
  /** The user that the image's own start script expects, and its group. */
  readonly user: number;
}

/** One member of a store that runs as several servers which know each other by name. */
export interface Membership {
  readonly members: number;
  /** The name under which member `index` is reached by the others. */
  address(index: number): string;
}

/** A store that stands alone, reached under its own name. */
export function alone(name: string): Membership {
  return { members: 1, address: () => name };
}
