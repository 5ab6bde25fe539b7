import { z } from "zod";
import { organisationId, timestamp } from "./fields.js";

/** The acts that the audit log records. */
export const AUDIT_ACTS = [
  "organisation.create",
  "user.create",
  "user.change",
  "key.create",
  "key.revoke",
  "session.begin",
  "session.end",
  "sign-in-link.create",
] as const;
export type AuditAct = (typeof AUDIT_ACTS)[number];

export const auditEntry = z
  .object({
    id: z.int(),
    at: timestamp,
    organisation: organisationId,
    actor: z.string().meta({ description: "`user:usr_…`, `key:key_…` or `internal`." }),
    act: z.string().meta({ description: "Such as `key.create`." }),
    subject: z.string().meta({ description: "Id of the object that the act changed." }),
    detail: z.record(z.string(), z.unknown()),
    previous: z.string().meta({ description: "Hash of the entry before." }),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });

export const auditPage = z.object({
  entries: z.array(auditEntry),
  next: z.int().nullable().meta({ description: "Value of `before` for the next page; null on the last page." }),
});

export const auditVerdict = z
  .object({
    organisation: organisationId,
    intact: z.boolean(),
    entries: z.int(),
    head: z.string().meta({
      description: "Hash of the newest entry. Stored elsewhere, it also reveals entries removed from the end.",
    }),
    brokenAt: z.int().nullable().meta({ description: "Id of the first entry that does not match its predecessor." }),
  })
  .meta({ id: "AuditVerdict" });
