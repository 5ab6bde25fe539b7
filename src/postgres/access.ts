import { userInfo } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic-file.js";
import { readOwned } from "../disk/owned-file.js";
import type { ServerUser } from "./server-user.js";

/**
 * Writes the access rules, if they differ. The superuser has no password: only the operating system's users that own the data can
 * connect as it. The other roles need a password. All connections use the Unix socket, in a directory that only these users
 * can enter: no TCP connection is accepted.
 */
export async function writeAccessRules(dataDirectory: string, user: ServerUser): Promise<void> {
  const owners = [...new Set([user.name, userInfo().username, "postgres"])];
  const files = {
    "pg_hba.conf": ["local  all  postgres  peer map=owners", "local  all  all       scram-sha-256"],
    "pg_ident.conf": owners.map((name) => `owners  ${name}  postgres`),
  };
  for (const [name, lines] of Object.entries(files)) {
    const text = `${lines.join("\n")}\n`;
    // A server must start on a full disk too, where nothing can be written. Whatever cannot be read is replaced.
    const present = await readOwned(dataDirectory, name).catch(() => undefined);
    if (present?.toString("utf8") === text) continue;
    await writeAtomically(join(dataDirectory, name), text, { owner: user.foreign ? user : undefined });
  }
}
