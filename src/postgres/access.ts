import { userInfo } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic-file.js";
import type { ServerUser } from "./server-user.js";

/**
 * Writes the access rules. The superuser has no password: only the operating system's users that own the data can
 * connect as it. The other roles need a password. All connections use the Unix socket, in a directory that only these users
 * can enter: no TCP connection is accepted.
 */
export async function writeAccessRules(dataDirectory: string, user: ServerUser): Promise<void> {
  const options = { owner: user.foreign ? user : undefined };
  await writeAtomically(
    join(dataDirectory, "pg_hba.conf"),
    ["local  all  postgres  peer map=owners", "local  all  all       scram-sha-256", ""].join("\n"),
    options,
  );
  const owners = [...new Set([user.name, userInfo().username, "postgres"])];
  await writeAtomically(
    join(dataDirectory, "pg_ident.conf"),
    `${owners.map((name) => `owners  ${name}  postgres`).join("\n")}\n`,
    options,
  );
}
