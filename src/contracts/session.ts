import { z } from "zod";
import { role, scope } from "./authority.js";
import { organisationId, timestamp } from "./fields.js";
import { userId } from "./organisations.js";

/** The caller of the admin API, as the API reports it to the caller. */
export const session = z
  .object({
    user: z.object({ id: z.string(), name: z.string() }).nullable(),
    organisation: organisationId,
    role,
    scopes: z.array(scope).readonly(),
    operator: z.boolean().meta({ description: "Runs the platform: acts for every organisation." }),
  })
  .meta({ id: "Session" });

export type Session = z.infer<typeof session>;

/** What a user signs in with: an API key with the scope admin, or the token of a sign-in link. */
export const signIn = z.union([
  z.strictObject({ key: z.string().max(200) }),
  z.strictObject({ token: z.string().max(200) }),
]);

export type SignIn = z.infer<typeof signIn>;

export const newSignInLink = z.strictObject({ user: userId.optional() }).default({});

export const signInLink = z
  .object({ token: z.string(), url: z.string(), expires: timestamp })
  .meta({ id: "SignInLink" });
