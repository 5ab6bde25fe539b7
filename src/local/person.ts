import { userInfo } from "node:os";

/** The user of the operating system who runs this program, for the audit log; behind `sudo` the user who called it. */
export function personName(): string {
  const caller = process.env["SUDO_USER"];
  return caller || ownName();
}

/** A user id without an entry in the user database has no name. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
