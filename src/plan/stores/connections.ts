import { isDeclared } from "../origin.js";
import type { Plan } from "../plan.js";
import type { DatabaseStore } from "./index.js";

/** Connections of one process with Keelson's modules: its pool, of which some only look up credentials, and one that listens for notifications. */
export const POOL_CONNECTIONS = 10;
export const LOOK_UP_CONNECTIONS = 2;
export const CONNECTIONS_PER_PROCESS = POOL_CONNECTIONS + 1;

/** `max_connections` of a PostgreSQL server that Keelson renders. */
export const MAX_SERVER_CONNECTIONS = 200;

/**
 * `max_connections` of an RDS instance with this much memory: LEAST(DBInstanceClassMemory / 9531392, 5000) (AWS Prescriptive
 * Guidance, Tuning PostgreSQL parameters in Amazon RDS, max_connections; read 2026-11-30). The instance has a little less
 * memory than its class, so this is the most that it accepts.
 */
function rdsConnections(memory: number): number {
  return Math.min(5000, Math.floor(memory / 9_531_392));
}

/** Of these, PostgreSQL reserves some for superusers (superuser_reserved_connections, default 3). */
export const RESERVED_CONNECTIONS = 3;

/** The connections that a database accepts; undefined if it is not known: of a managed one it depends on the size of its machine. */
export function maxConnections({ provider, resources, path }: DatabaseStore, plan: Plan): number | undefined {
  if (provider.kind === "in-cluster") return MAX_SERVER_CONNECTIONS;
  const memory = resources.memory.limit ?? resources.memory.request;
  const isSized = isDeclared(plan, `${path}.memory`) && memory !== undefined;
  return provider.kind === "managed" && plan.cloud === "aws" && isSized ? rdsConnections(memory) : undefined;
}
