import type { ProductWithImage } from "./images.js";

/** Images of PostgreSQL that run as a container of their own. */
export type PostgresServerImage = Extract<ProductWithImage, "postgres" | "pgvector" | "timescaledb">;

/** Images of PostgreSQL that Keelson renders. */
export type PostgresImage = PostgresServerImage | Extract<ProductWithImage, "cloudnativePg">;

/** Extensions that are part of PostgreSQL itself (PostgreSQL 14 to 18, "Additional Supplied Modules and Extensions"). */
const SUPPLIED: readonly string[] = [
  ...["adminpack", "amcheck", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dblink", "dict_int"],
  ...["dict_xsyn", "earthdistance", "file_fdw", "fuzzystrmatch", "hstore", "insert_username", "intagg", "intarray"],
  ...["isn", "lo", "ltree", "moddatetime", "old_snapshot", "pageinspect", "pg_buffercache", "pg_freespacemap"],
  ...["pg_logicalinspect", "pg_prewarm", "pg_stat_statements", "pg_surgery", "pg_trgm", "pg_visibility"],
  ...["pg_walinspect", "pgcrypto", "pgrowlocks", "pgstattuple", "plpgsql", "postgres_fdw", "refint", "seg", "sslinfo"],
  ...["tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp", "xml2"],
];

/**
 * Further extensions of each image. CloudNativePG: postgres-containers, README, "Standard Images"; TimescaleDB:
 * timescaledb-docker, Makefile, `PGVECTOR_VERSION`.
 */
const ADDED = {
  postgres: [],
  pgvector: ["vector"],
  timescaledb: ["timescaledb", "vector"],
  cloudnativePg: ["vector", "pgaudit"],
} as const satisfies Record<PostgresImage, readonly string[]>;

/** Extensions that the image does not contain: `CREATE EXTENSION` fails, and with it the first start of the server. */
export function missingExtensions(image: ProductWithImage, extensions: readonly string[]): readonly string[] {
  const added: Partial<Record<ProductWithImage, readonly string[]>> = ADDED;
  const known = new Set<string>([...SUPPLIED, ...(added[image] ?? [])]);
  return extensions.filter((extension) => !known.has(extension));
}
