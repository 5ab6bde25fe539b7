import { z } from "zod";
import { role } from "./authority.js";
import { name, organisationId, page, timestamp } from "./fields.js";

const deleted = timestamp.nullable().meta({
  description: "Null: not deleted. A deleted row remains, so that usage and the audit log stay readable.",
});

export const organisation = z
  .object({ id: organisationId, name: z.string(), created: timestamp, deleted })
  .meta({ id: "Organisation" });

export type Organisation = z.infer<typeof organisation>;

/** A list without a status has every row that is not deleted. */
export const ORGANISATION_STATUSES = ["active", "deleted"] as const;
export type OrganisationStatus = (typeof ORGANISATION_STATUSES)[number];
export const organisationStatus = z.enum(ORGANISATION_STATUSES).default("active");

export const organisationList = z.object({ organisations: z.array(organisation), ...page });

export const newOrganisation = z.strictObject({ id: organisationId, name: name.optional() });

export const organisationChange = z.strictObject({ name });

export const userId = z.string().regex(/^usr_[0-9A-Za-z]{1,40}$/, "must be the id of a user");

export const user = z
  .object({
    id: z.string(),
    organisation: organisationId,
    name: z.string(),
    role,
    operator: z.boolean().meta({ description: "Runs the platform: acts for every organisation." }),
    disabled: z.boolean(),
    created: timestamp,
    deleted,
  })
  .meta({ id: "User" });

export type User = z.infer<typeof user>;

export const USER_STATUSES = ["active", "disabled", "deleted"] as const;
export type UserStatus = (typeof USER_STATUSES)[number];
export const userStatus = z.enum(USER_STATUSES);

export const userList = z.object({ users: z.array(user), ...page });

export const newUser = z.strictObject({ name, role: role.default("member"), organisation: organisationId.optional() });

export const userChange = z
  .strictObject({ name: name.optional(), role: role.optional(), disabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, "requires `name`, `role` or `disabled`");
