import { z } from "zod";
import { organisationId, timestamp } from "./fields.js";

/** The acts that the audit log records. */
export const AUDIT_ACTS = [
  "organisation.create",
  "organisation.change",
  "organisation.delete",
  "user.create",
  "user.change",
  "user.delete",
  "key.create",
  "key.revoke",
  "session.begin",
  "session.end",
  "sign-in-link.create",
  "drill.start",
  "drill.cancel",
  "backup.create",
  "backup.verify",
  "backup.restore",
  "database.restore",
  "database.upgrade",
  "platform.start",
  "platform.stop",
  "audit.seal",
  "audit.gap",
] as const;
export type AuditAct = (typeof AUDIT_ACTS)[number];

export const auditEntry = z
  .object({
    id: z.int(),
    at: timestamp,
    organisation: organisationId
      .nullable()
      .meta({ description: "Null: an act on the platform itself, which only operators see." }),
    actor: z.string().meta({
      description: "`user:usr_…`, `key:key_…`, `os:NAME` for the command line, `operator`, or `internal`.",
    }),
    act: z.string().meta({ description: "Such as `key.create`." }),
    subject: z.string().meta({ description: "Id of the object that the act changed." }),
    detail: z.record(z.string(), z.unknown()),
    previous: z.string().meta({ description: "Hash of the entry before." }),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });

export type AuditEntry = Readonly<z.infer<typeof auditEntry>>;

export const auditPage = z.object({
  entries: z.array(auditEntry),
  names: z.record(z.string(), z.string()).meta({
    description: "Names of the users and keys that are actors or subjects of these entries, by id, as far as visible.",
  }),
  next: z.int().nullable().meta({ description: "Value of `before` for the next page; null on the last page." }),
});

export const auditVerdict = z
  .object({
    organisation: organisationId
      .nullable()
      .meta({ description: "Null: every chain, and that of the platform itself." }),
    after: z
      .int()
      .meta({ description: "Entries up to this id were not read; 0: the range begins with the first one." }),
    next: z.int().nullable().meta({
      description: "Entries after this id were not read: `after` of the next range. Null: the range reaches the end.",
    }),
    intact: z
      .boolean()
      .meta({ description: "Of the entries in this range; at the end also that none is missing there." }),
    entries: z.int().meta({ description: "Number of entries in this range." }),
    head: z.string().meta({
      description: "Hash of the newest entry. Stored elsewhere, it also reveals entries removed from the end.",
    }),
    brokenAt: z.int().nullable().meta({ description: "Id of the first entry that does not match its predecessor." }),
    truncated: z.boolean().meta({ description: "Entries are missing that this platform knows of." }),
  })
  .meta({ id: "AuditVerdict" });

/** Maximum length of the subject of a reported act. */
export const MAX_SUBJECT_LENGTH = 200;

/** Acts on the platform itself, which the supervisor reports. An act that is reported again is recorded once. */
export const reportedActs = z.strictObject({
  acts: z
    .array(
      z.strictObject({
        id: z.string().max(100),
        at: timestamp,
        actor: z.string().max(200),
        act: z.enum(AUDIT_ACTS),
        subject: z.string().max(MAX_SUBJECT_LENGTH),
        detail: z.record(z.string(), z.unknown()),
      }),
    )
    .max(1_000)
    .readonly(),
});
export type ReportedAct = z.infer<typeof reportedActs>["acts"][number];
