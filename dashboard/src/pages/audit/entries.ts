import type { AuditEntry } from "../../api/audit.js";
import { dateTime } from "../../format.js";

type Names = Readonly<Record<string, string>>;

/** Who acted, or what was acted on. */
export interface Party {
  readonly kind: "user" | "key" | "terminal" | "session" | undefined;
  readonly name: string | undefined;
  readonly id: string;
}

/** The actor of an entry: `user:usr_…`, `key:key_…`, `os:NAME` for the command line, or another word. */
export function actorOf({ actor }: Pick<AuditEntry, "actor">, names: Names): Party {
  const [, form, id] = /^(user|key|os):(.*)$/s.exec(actor) ?? [];
  if (form === "os") return { kind: "terminal", name: id, id: actor };
  if (id === undefined) return { kind: undefined, name: actor, id: actor };
  return { kind: form === "user" ? "user" : "key", name: names[id], id };
}

const KINDS = [
  ["usr_", "user"],
  ["key_", "key"],
  ["ses_", "session"],
] as const;

/** The subject of an entry. A key or user that has no name any more is named by the entry that created it. */
export function subjectOf({ subject, detail }: Pick<AuditEntry, "subject" | "detail">, names: Names): Party {
  const kind = KINDS.find(([prefix]) => subject.startsWith(prefix))?.[1];
  const name =
    names[subject] ?? (kind !== undefined && typeof detail["name"] === "string" ? detail["name"] : undefined);
  return { kind, name: kind === undefined ? subject : name, id: subject };
}

/** The details of an entry in one line, without the name, which the subject shows: `scopes inference, admin; models all`. */
export function detailsOf({ detail }: Pick<AuditEntry, "detail">): string {
  return Object.entries(detail)
    .filter(([name, value]) => name !== "name" && value !== null)
    .map(([name, value]) => `${name} ${textOf(value)}`)
    .join("; ");
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, each]) => `${name} ${textOf(each)}`)
      .join(", ");
  if (typeof value === "string" && ISO_TIME.test(value)) return dateTime(Date.parse(value));
  return String(value);
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
