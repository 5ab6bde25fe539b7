import type { Milliseconds } from "../../plan/plan.js";
import { CLOUDNATIVE_PG } from "./operators.js";

/** Size of a WAL segment. A segment is archived only when it is complete or closed. */
export const LOG_SEGMENT_BYTES = 16 * 2 ** 20;

/** The WAL written per day, as a fraction of the database's size. */
export const dailyLogShare = { value: 0.1, why: "a tenth of the database is rewritten each day" };

/** PostgreSQL replays WAL in one process. Bytes per second. */
export const replayRate = {
  value: 32 * 2 ** 20,
  why: "one process replays the WAL, two 16 MiB segments per second",
};

/**
 * Milliseconds to fetch one WAL segment. A server under steady writes closes a segment at every shipping interval, full or
 * not, and each is fetched separately: a day of WAL archived every 30s is thousands of files.
 */
export const segmentFetch = {
  embedded: {
    value: 75,
    why: "decompressing a segment takes 40 ms of one core (measured); its copy and replay by the server take the rest",
  },
  elsewhere: {
    value: 500,
    why: "for each segment the restore command starts a process and fetches one object from object storage",
  },
} as const;

/** Why a server of these products has another address than the one that it replaces. */
const MAKES_NEW_SERVER: Readonly<Record<string, string>> = {
  [CLOUDNATIVE_PG.product]:
    "CloudNativePG recovers no cluster in place: it makes a new one from the backup, with Services of its own name (cloudnative-pg.io: Recovery, read 2026-11-30)",
  "Amazon RDS":
    "a restore makes a new DB instance with an endpoint of its own (RDS API: RestoreDBInstanceToPointInTime)",
};

/** The address of a new server is set in a secret, and the pods that mount it restart. */
export function newAddress(product: string): { readonly value: Milliseconds; readonly why: string } {
  const why = MAKES_NEW_SERVER[product] ?? `a new server of ${product} has an address of its own`;
  return { value: 5 * 60_000, why: `${why}; 5 min assumed to set it and to restart its clients` };
}

/** Connection pools detect broken connections and open new ones. */
export const reconnect = {
  value: 5_000,
  why: "connection pools retry with a back-off of at most 5s; store addresses live 5s in DNS",
};

/** The lag of a replica that its alert tolerates: more than replication under load usually has. */
export const toleratedLag = {
  value: 30_000,
  why: "the same 30s that a failover of an asynchronous replica is assumed to lose; the alert compares with it",
};
