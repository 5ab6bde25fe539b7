import type { Postgres, RabbitMq, Redis } from "../../plan/plan.js";
import type { StoreImage } from "./server.js";

/**
 * The newest patch release of each version at the time of writing, so that no rendered tag moves. A platform file can set a patch
 * release (`postgres: 17.5`). Redis: the security releases of 2025-10-03; RabbitMQ: endoflife.date/rabbitmq.
 */
const PATCH_RELEASES = {
  postgres: { "14": "14.19", "15": "15.14", "16": "16.10", "17": "17.6", "18": "18.0" },
  redis: {
    "6": "6.2.20",
    "6.2": "6.2.20",
    "7": "7.4.6",
    "7.2": "7.2.11",
    "7.4": "7.4.6",
    "8": "8.2.2",
    "8.0": "8.0.4",
    "8.2": "8.2.2",
  },
  rabbitmq: { "3": "3.13.7", "3.13": "3.13.7", "4": "4.2.5", "4.0": "4.0.9", "4.1": "4.1.8", "4.2": "4.2.5" },
} as const satisfies Record<string, Record<string, string>>;

/** User 999 in the Debian variants of the official images, 70 in the Alpine ones. */
const DEBIAN_USER_ID = 999;
const ALPINE_USER_ID = 70;

export function databaseImage(database: Postgres): StoreImage {
  const major = majorOf(database.version);
  if (database.extensions.includes("timescaledb"))
    return { reference: `timescale/timescaledb:2.22.0-pg${major}`, user: ALPINE_USER_ID };
  if (database.extensions.includes("vector"))
    return { reference: `pgvector/pgvector:0.8.1-pg${major}`, user: DEBIAN_USER_ID };
  return { reference: `postgres:${release("postgres", database.version)}-bookworm`, user: DEBIAN_USER_ID };
}

/** The operator's build of PostgreSQL, which contains its backup tools. */
export function cloudNativePgImage(database: Postgres): string {
  return `ghcr.io/cloudnative-pg/postgresql:${release("postgres", database.version)}-system-bookworm`;
}

export function cacheImage(cache: Redis): StoreImage {
  return { reference: `redis:${release("redis", cache.version)}-bookworm`, user: DEBIAN_USER_ID };
}

export function brokerImage(broker: RabbitMq): StoreImage {
  return { reference: `rabbitmq:${release("rabbitmq", broker.version)}`, user: DEBIAN_USER_ID };
}

function release(product: keyof typeof PATCH_RELEASES, version: string): string {
  const known: Readonly<Record<string, string>> = PATCH_RELEASES[product];
  return known[version] ?? version;
}

export function majorOf(version: string): string {
  return version.split(".", 1)[0] ?? version;
}
