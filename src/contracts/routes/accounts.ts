import { z } from "zod";
import { auditPage, auditVerdict, reportedActs } from "../audit.js";
import { ADMIN, ANONYMOUS, INTERNAL_TOKEN, MEMBER, OPERATOR, OWNER, role } from "../authority.js";
import { authenticateRequest, authenticateResponse, credential, identifyResponse } from "../credentials.js";
import { organisationId, pageOf, search } from "../fields.js";
import { createdKey, key, keyId, keyList, keyOrder, keyStatus, newKey } from "../keys.js";
import {
  newOrganisation,
  newUser,
  organisation,
  organisationChange,
  organisationList,
  organisationStatus,
  user,
  userChange,
  userId,
  userList,
  userStatus,
} from "../organisations.js";
import { defineRoute } from "../route.js";
import {
  endedSessions,
  newSignInLink,
  session,
  sessionId,
  sessionList,
  signedIn,
  signIn,
  signInLink,
} from "../session.js";

const ofOrganisation = z.strictObject({
  organisation: organisationId.optional().meta({
    description: "Default: the caller's own. Users who run the platform may name any, and see all by default.",
  }),
});

export const sessionRoutes = {
  signIn: defineRoute({
    method: "POST",
    path: "/admin/session",
    summary: "Sign in with an API key with the scope admin, or with the token of a sign-in link",
    tag: "session",
    authority: ANONYMOUS,
    audit: "session.begin",
    body: signIn,
    json: signedIn,
  }),
  currentSession: defineRoute({
    method: "GET",
    path: "/admin/session",
    summary: "Show the caller",
    tag: "session",
    authority: MEMBER,
    json: session,
  }),
  signOut: defineRoute({
    method: "DELETE",
    path: "/admin/session",
    summary: "End this session",
    tag: "session",
    authority: MEMBER,
    audit: "session.end",
    status: 204,
    json: z.null(),
  }),
  listSessions: defineRoute({
    method: "GET",
    path: "/admin/sessions",
    summary: "List the sessions that have not ended: those of the organisation for admins, their own for members",
    tag: "session",
    authority: MEMBER,
    query: ofOrganisation.extend({ user: userId.optional(), ...pageOf(sessionId) }),
    json: sessionList,
  }),
  endSession: defineRoute({
    method: "DELETE",
    path: "/admin/sessions/:id",
    summary: "End a session",
    tag: "session",
    authority: MEMBER,
    audit: "session.end",
    params: z.strictObject({ id: sessionId }),
    json: endedSessions,
  }),
  createSignInLink: defineRoute({
    method: "POST",
    path: "/admin/sign-in-links",
    summary: "Create a link that signs a user in once, within ten minutes",
    tag: "session",
    authority: OWNER,
    audit: "sign-in-link.create",
    body: newSignInLink,
    status: 201,
    json: signInLink,
  }),
};

export const organisationRoutes = {
  listOrganisations: defineRoute({
    method: "GET",
    path: "/admin/organisations",
    summary: "List the organisations that the caller may see",
    tag: "organisations",
    authority: MEMBER,
    query: z.strictObject({ search, status: organisationStatus, ...pageOf(organisationId) }),
    json: organisationList,
  }),
  createOrganisation: defineRoute({
    method: "POST",
    path: "/admin/organisations",
    summary: "Create an organisation",
    tag: "organisations",
    authority: OPERATOR,
    audit: "organisation.create",
    body: newOrganisation,
    status: 201,
    json: organisation,
  }),
  changeOrganisation: defineRoute({
    method: "PATCH",
    path: "/admin/organisations/:id",
    summary: "Rename an organisation. Its id stays",
    tag: "organisations",
    authority: OWNER,
    audit: "organisation.change",
    params: z.strictObject({ id: organisationId }),
    body: organisationChange,
    json: organisation,
  }),
  deleteOrganisation: defineRoute({
    method: "DELETE",
    path: "/admin/organisations/:id",
    summary:
      "Delete an organisation: its users, sessions and sign-in links end, and its keys are revoked. Its usage and audit log stay readable, and its id is not used again",
    tag: "organisations",
    authority: OPERATOR,
    audit: "organisation.delete",
    params: z.strictObject({ id: organisationId }),
    json: organisation,
  }),
};

export const userRoutes = {
  listUsers: defineRoute({
    method: "GET",
    path: "/admin/users",
    summary: "List the users of an organisation. Deleted users are listed by `status=deleted` only",
    tag: "users",
    authority: ADMIN,
    query: ofOrganisation.extend({
      search,
      status: userStatus.optional(),
      role: role.optional(),
      ...pageOf(userId),
    }),
    json: userList,
  }),
  createUser: defineRoute({
    method: "POST",
    path: "/admin/users",
    summary: "Create a user, who signs in with a link from POST /admin/sign-in-links",
    tag: "users",
    authority: ADMIN,
    audit: "user.create",
    body: newUser,
    status: 201,
    json: user,
  }),
  changeUser: defineRoute({
    method: "PATCH",
    path: "/admin/users/:id",
    summary:
      "Rename a user, change the role, or disable the user. The last two end the user's sessions and sign-in links; disabling also revokes their keys",
    tag: "users",
    authority: ADMIN,
    audit: "user.change",
    params: z.strictObject({ id: userId }),
    body: userChange,
    json: user,
  }),
  deleteUser: defineRoute({
    method: "DELETE",
    path: "/admin/users/:id",
    summary: "Delete a user permanently: the sessions and sign-in links end, and the keys are revoked",
    tag: "users",
    authority: ADMIN,
    audit: "user.delete",
    params: z.strictObject({ id: userId }),
    json: user,
  }),
  endUserSessions: defineRoute({
    method: "DELETE",
    path: "/admin/users/:id/sessions",
    summary: "Sign a user out everywhere: end all sessions and sign-in links of the user",
    tag: "users",
    authority: MEMBER,
    audit: "session.end",
    params: z.strictObject({ id: userId }),
    json: endedSessions,
  }),
};

export const keyRoutes = {
  listKeys: defineRoute({
    method: "GET",
    path: "/admin/keys",
    summary: "List API keys: those of the organisation for admins, their own for members",
    tag: "keys",
    authority: MEMBER,
    query: ofOrganisation.extend({
      search: search.meta({ description: "Only keys whose name, id or prefix contains this text, in any case." }),
      status: keyStatus.optional().meta({ description: "Default: keys of every status." }),
      user: userId.optional(),
      order: keyOrder.default("created"),
      ...pageOf(keyId),
    }),
    json: keyList,
  }),
  createKey: defineRoute({
    method: "POST",
    path: "/admin/keys",
    summary: "Create an API key. The key itself is in this response only",
    tag: "keys",
    authority: MEMBER,
    audit: "key.create",
    body: newKey,
    status: 201,
    json: createdKey,
  }),
  revokeKey: defineRoute({
    method: "DELETE",
    path: "/admin/keys/:id",
    summary: "Revoke an API key, permanently and at once",
    tag: "keys",
    authority: MEMBER,
    audit: "key.revoke",
    params: z.strictObject({ id: keyId }),
    query: z.strictObject({
      children: z.stringbool().default(false).meta({
        description:
          "Also end what was created with this key: keys, keys that were created with those, and sessions of sign-in links.",
      }),
    }),
    json: key,
  }),
};

/** Entries that one request verifies. */
const MAX_VERIFIED_ENTRIES = 20_000;

export const auditRoutes = {
  readAudit: defineRoute({
    method: "GET",
    path: "/admin/audit",
    summary: "Read the audit log, newest entries first",
    tag: "audit",
    authority: ADMIN,
    query: ofOrganisation.extend({
      search: search.meta({
        description:
          "Only entries whose actor, act or subject contains this text, in any case; also by the name of a user or key.",
      }),
      before: z.coerce.number().int().positive().optional().meta({ description: "`next` of the page before." }),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    json: auditPage,
  }),
  verifyAudit: defineRoute({
    method: "GET",
    path: "/admin/audit/verification",
    summary:
      "Verify the hash chain of an organisation's audit log: report the first changed or removed entry. For operators without `organisation`: every chain",
    tag: "audit",
    authority: ADMIN,
    query: ofOrganisation.extend({
      after: z.coerce.number().int().min(0).default(0).meta({
        description:
          "Only entries after the one with this id: `next` of the range before, or of an earlier verification.",
      }),
      limit: z.coerce.number().int().min(1).max(MAX_VERIFIED_ENTRIES).default(MAX_VERIFIED_ENTRIES),
    }),
    json: auditVerdict,
  }),
};

/** Keys of one look-up of names. */
export const MAX_NAMED_KEYS = 10_000;

/** The accounts module for the other modules of the platform. */
export const accountsInternalRoutes = {
  authenticate: defineRoute({
    method: "POST",
    path: "/internal/accounts/authenticate",
    summary: "Look up an API key by its hash",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    audit: "none",
    body: authenticateRequest,
    json: authenticateResponse,
  }),
  identify: defineRoute({
    method: "POST",
    path: "/internal/accounts/identify",
    summary: "Look up the caller of the admin API by a credential's hash",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    audit: "none",
    body: credential,
    json: identifyResponse,
  }),
  nameKeys: defineRoute({
    method: "POST",
    path: "/internal/accounts/key-names",
    summary: "Look up the names of API keys by their ids",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    audit: "none",
    body: z.strictObject({ ids: z.array(z.string().max(400)).max(MAX_NAMED_KEYS).readonly() }),
    json: z.object({ names: z.record(z.string(), z.string()) }),
  }),
  recordActs: defineRoute({
    method: "POST",
    path: "/internal/accounts/acts",
    summary: "Record acts on the platform itself in the audit log",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    audit: "none",
    body: reportedActs,
    status: 204,
    json: z.null(),
  }),
  keyChanges: defineRoute({
    method: "GET",
    path: "/internal/accounts/changes",
    summary: "Stream changes to API keys as server-sent events",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    text: ["text/event-stream"],
  }),
};
