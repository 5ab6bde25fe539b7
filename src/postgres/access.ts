import { userInfo } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic-file.js";
import type { ServerUser } from "./server-user.js";

/**
 * Writes the access rules. The superuser has no password: only the operating system's users that own the data can
 * connect as it, through the socket. All other roles connect over loopback with a password (SCRAM).
 */
export async function writeAccessRules(dataDirectory: string, user: ServerUser): Promise<void> {
  const options = { owner: user.foreign ? user : undefined };
  await writeAtomically(
    join(dataDirectory, "pg_hba.conf"),
    ["local  all  postgres  peer map=owners", "host   all  all  127.0.0.1/32  scram-sha-256", ""].join("\n"),
    options,
  );
  const owners = [...new Set([user.name, userInfo().username, "postgres"])];
  await writeAtomically(
    join(dataDirectory, "pg_ident.conf"),
    `${owners.map((name) => `owners  ${name}  postgres`).join("\n")}\n`,
    options,
  );
}
