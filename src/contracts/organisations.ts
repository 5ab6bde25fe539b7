import { z } from "zod";
import { role } from "./authority.js";
import { name, organisationId, page, timestamp } from "./fields.js";

export const organisation = z
  .object({ id: organisationId, name: z.string(), created: timestamp })
  .meta({ id: "Organisation" });

export const organisationList = z.object({ organisations: z.array(organisation), ...page });

export const newOrganisation = z.strictObject({ id: organisationId, name: name.optional() });

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
  })
  .meta({ id: "User" });

export type User = z.infer<typeof user>;

export const USER_STATUSES = ["active", "disabled"] as const;
export const userStatus = z.enum(USER_STATUSES);

export const userList = z.object({ users: z.array(user), ...page });

export const newUser = z.strictObject({ name, role: role.default("member"), organisation: organisationId.optional() });

export const userChange = z
  .strictObject({ role: role.optional(), disabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, "requires `role` or `disabled`");
