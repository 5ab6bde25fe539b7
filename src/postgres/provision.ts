import type pg from "pg";
import type { Cluster } from "./cluster.js";
import { asSuperuser, type Server } from "./server.js";
import { SOCKET_PORT } from "./settings.js";

/** Name of the role and of the database that the modules use. The role owns everything in it and is no superuser. */
export const role = "keelson";

/** Creates the role and the database if absent, and sets the password. Idempotent; runs at every start. */
export async function provision(server: Pick<Server, "superuser">, password: string): Promise<void> {
  await asSuperuser(server, "postgres", async (client) => {
    const secret = client.escapeLiteral(password);
    const present = await exists(client, "SELECT 1 FROM pg_roles WHERE rolname = $1");
    const options = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";
    await client.query(`${present ? "ALTER" : "CREATE"} ROLE ${role} ${options} PASSWORD ${secret}`);
    if (!(await exists(client, "SELECT 1 FROM pg_database WHERE datname = $1"))) {
      await client.query(`CREATE DATABASE ${role} OWNER ${role}`);
      await client.query(`REVOKE ALL ON DATABASE ${role} FROM PUBLIC`);
    }
  });
}

/** The connection URL, stored as the secret `database/url`. `run` is the directory of the server's Unix socket. */
export function databaseUrl({ run }: Pick<Cluster, "run">, password: string): string {
  return `postgres://${role}:${password}@/${role}?host=${encodeURIComponent(run)}&port=${SOCKET_PORT}`;
}

async function exists(client: pg.Client, query: string): Promise<boolean> {
  return (await client.query(query, [role])).rows.length > 0;
}
