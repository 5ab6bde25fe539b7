import { includesRole } from "../../../../src/contracts/authority.js";
import type { Session } from "../../api/session.js";
import type { User } from "../../api/users.js";

/** What can be done with a user. */
export type UserAct = "link" | "rename" | "role" | "sign-out" | "disable" | "enable" | "delete";

export interface Requested {
  readonly act: UserAct;
  readonly user: User;
}

export const actNames = {
  link: "Sign-in link…",
  rename: "Rename…",
  role: "Change role…",
  "sign-out": "Sign out everywhere…",
  enable: "Enable…",
  disable: "Disable…",
  delete: "Delete…",
} as const satisfies Record<UserAct, string>;

/** What the rights of a session allow with a user; the API refuses everything else. */
export function actsOn(user: User, session: Pick<Session, "role" | "operator">): readonly UserAct[] {
  const manages = includesRole(session.role, user.role) && (session.operator || !user.operator);
  if (!manages || !includesRole(session.role, "admin")) return [];
  if (user.deleted !== null) return [];
  if (user.disabled) return ["rename", "enable", "delete"];
  return [...(session.role === "owner" ? (["link"] as const) : []), "rename", "role", "sign-out", "disable", "delete"];
}
