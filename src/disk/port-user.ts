import { tcpSockets } from "./proc.js";
import { readIfPresent } from "./read.js";

const LISTENING = "0A";

/** The users whose processes listen on a TCP port of this machine, by uid; none where the table cannot be read (no Linux). */
export async function usersListeningOn(port: number): Promise<readonly number[]> {
  const users = new Set<number>();
  for (const table of ["tcp", "tcp6"] as const) {
    for (const line of await tcpSockets(table)) {
      const [, address = "", , state, , , , uid] = line.trim().split(/\s+/);
      const local = Number.parseInt(address.split(":")[1] ?? "", 16);
      if (local === port && state === LISTENING && uid !== undefined) users.add(Number(uid));
    }
  }
  return [...users];
}

/** The uid of a local user; undefined if there is none of this name. */
export async function uidOf(name: string): Promise<number | undefined> {
  const users = (await readIfPresent("/etc/passwd")) ?? "";
  const fields = users
    .split("\n")
    .map((line) => line.split(":"))
    .find(([user]) => user === name);
  const uid = Number(fields?.[2]);
  return fields === undefined || !Number.isInteger(uid) ? undefined : uid;
}
