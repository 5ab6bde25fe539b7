import { z } from "zod";
import { role, scope } from "./authority.js";
import { organisationId, page, timestamp } from "./fields.js";
import { userId } from "./organisations.js";

/** The caller of the admin API, as the API reports it to the caller. */
export const session = z
  .object({
    user: z.object({ id: z.string(), name: z.string() }).nullable(),
    organisation: organisationId,
    role,
    scopes: z.array(scope).readonly(),
    operator: z.boolean().meta({ description: "Runs the platform: acts for every organisation." }),
    platform: z.string().meta({ description: "Name of the platform." }),
    environment: z.string(),
  })
  .meta({ id: "Session" });

export type Session = z.infer<typeof session>;

/** The response to a sign-in, with the half of the session that is not in the cookie. */
export const signedIn = session
  .extend({
    proof: z.string().meta({
      description: "To be sent as the header `x-keelson` with every request of the session, besides its cookie.",
    }),
  })
  .meta({ id: "SignedIn" });

export const sessionId = z.string().regex(/^ses_[0-9A-Za-z]{1,40}$/, "must be the id of a session");

/** A session as the list of sessions shows it. */
export const listedSession = z
  .object({
    id: z.string(),
    organisation: organisationId,
    user: z.string().nullable().meta({ description: "Id of its user; null: a session of a key without a user." }),
    key: z.string().nullable().meta({ description: "Id of the key that started it; null: a sign-in link did." }),
    created: timestamp,
    expires: timestamp,
    current: z.boolean().meta({ description: "The session of this request." }),
  })
  .meta({ id: "ListedSession" });

export const sessionList = z.object({ sessions: z.array(listedSession), ...page });

export const endedSessions = z.object({ ended: z.int().meta({ description: "Number of sessions that were ended." }) });

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
