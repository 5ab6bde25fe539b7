import type { BackupSchedule, Bytes, SecretMount, Store, StoreKind } from "../../plan/plan.js";
import type { Note } from "../note.js";

/** Renders stores of one kind as containers. */
export interface StoreRenderer<Kind extends StoreKind> {
  /** `archivesLog`: the target provides a volume for archived WAL segments. */
  server(store: Store<Kind>, membership: Membership, archivesLog: boolean): StoreServer;
  /** The store with the settings of a single server, for targets that run one; by default unchanged. */
  single?(store: Store<Kind>): Store<Kind>;
  /** The backup that a job takes with the tools of the server's image; undefined if the store has no backups. */
  backup?(store: Store<Kind>): BackupJob | undefined;
  /** Whether the servers write to the backup volume. */
  archives?(store: Store<Kind>): boolean;
  /** The script that joins the running servers into one cluster; undefined if they need none. */
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

/** A store's server as a container, independent of the target. */
export interface StoreServer {
  readonly image: StoreImage;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Texts by the absolute path under which the server reads them. */
  readonly files: Readonly<Record<string, string>>;
  readonly secret: SecretMount;
  /** Directory of its persistent data; undefined for a server without persistent data. */
  readonly data: string | undefined;
  /** Directories for temporary files, which may be lost with the container. */
  readonly scratch: readonly string[];
  /** Bytes of `/dev/shm`; undefined: the default of the container runtime (64 MiB). */
  readonly sharedMemory: Bytes | undefined;
  /** The port on which it serves Prometheus metrics itself; undefined: it has none. */
  readonly metricsPort: number | undefined;
  /** Run inside the container; exit code 0 means that the server responds. */
  readonly probe: readonly string[];
  /** Maximum seconds from the stop signal to a clean exit. */
  readonly stopSeconds: number;
  /** Several servers start at the same time; otherwise each waits until the one before it is ready. */
  readonly startsInParallel: boolean;
  /** Runs to completion before a server of several starts. */
  readonly prepare: { readonly name: string; readonly script: string } | undefined;
  /**
   * The environment variable for the full name of a member, `prefix` and its DNS name, and further variables with it. On a target
   * without such names, the host name of the container is the name of the store.
   */
  readonly fullName:
    | { readonly variable: string; readonly prefix: string; readonly environment: Readonly<Record<string, string>> }
    | undefined;
  /** A script that runs before the stop signal; undefined: none. Its time is part of `stopSeconds`. */
  readonly beforeStop: string | undefined;
}

export interface StoreImage {
  readonly reference: string;
  /** The user that the image's own start script expects, and its group. */
  readonly user: number;
}

/** The members of a store and their addresses. */
export interface Membership {
  readonly members: number;
  /** The host name of member `index`. */
  address(index: number): string;
}

/** A store with one server, whose host name is the name of the store. */
export function singleMember(name: string): Membership {
  return { members: 1, address: () => name };
}
