import { describe, expect, it } from "vitest";
import { dateTime } from "../../dashboard/src/format.js";
import { actorOf, detailsOf, subjectOf } from "../../dashboard/src/pages/audit/entries.js";

const names = { usr_1: "Ada", key_2: "ci" };

describe("an entry of the audit log", () => {
  it("names its actor: a user, a key, a user of the terminal, or a part of the platform", () => {
    expect(actorOf({ actor: "user:usr_1" }, names)).toEqual({ kind: "user", name: "Ada", id: "usr_1" });
    expect(actorOf({ actor: "key:key_2" }, names)).toEqual({ kind: "key", name: "ci", id: "key_2" });
    expect(actorOf({ actor: "os:ann" }, names)).toMatchObject({ kind: "terminal", name: "ann" });
    expect(actorOf({ actor: "internal" }, names)).toMatchObject({ kind: undefined, name: "internal" });
    expect(actorOf({ actor: "user:usr_9" }, names)).toEqual({ kind: "user", name: undefined, id: "usr_9" });
  });

  it("names its subject, if necessary by the entry itself", () => {
    expect(subjectOf({ subject: "usr_1", detail: {} }, names)).toMatchObject({ kind: "user", name: "Ada" });
    expect(subjectOf({ subject: "key_9", detail: { name: "old" } }, names)).toMatchObject({ kind: "key", name: "old" });
    expect(subjectOf({ subject: "acme", detail: { name: "Acme" } }, names)).toMatchObject({ name: "acme" });
  });

  it("has its details in one line, with points in time in the form of all pages", () => {
    const expires = "2026-12-30T07:44:42.641Z";
    expect(detailsOf({ detail: { name: "k", scopes: ["inference", "admin"], models: null, expires } })).toBe(
      `scopes inference, admin; expires ${dateTime(Date.parse(expires))}`,
    );
    expect(detailsOf({ detail: { ended: { sessions: 1, links: 0 } } })).toBe("ended sessions 1, links 0");
  });
});
