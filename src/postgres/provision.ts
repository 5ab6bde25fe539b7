import type pg from "pg";
import { asSuperuser, type Server } from "./server.js";

/** Role and database that the modules use: the owner of everything in it, and no superuser. */
export const role = "keelson";

/** Makes role and database where they are missing and sets the password. Safe to repeat; done at every start. */
export async function provision(server: Pick<Server, "superuser">, password: string): Promise<void> {
  await asSuperuser(server, "postgres", async (client) => {
    const secret = client.escapeLiteral(password);
    const known = await exists(client, "SELECT 1 FROM pg_roles WHERE rolname = $1");
    const options = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";
    await client.query(`${known ? "ALTER" : "CREATE"} ROLE ${role} ${options} PASSWORD ${secret}`);
    if (!(await exists(client, "SELECT 1 FROM pg_database WHERE datname = $1"))) {
      await client.query(`CREATE DATABASE ${role} OWNER ${role}`);
      await client.query(`REVOKE ALL ON DATABASE ${role} FROM PUBLIC`);
    }
  });
}

/** The URL that is kept as the secret `database/url`. */
export function databaseUrl(port: number, password: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${role}`;
}

async function exists(client: pg.Client, query: string): Promise<boolean> {
  return (await client.query(query, [role])).rows.length > 0;
}
