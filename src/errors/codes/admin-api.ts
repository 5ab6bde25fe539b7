import type { HttpErrorEntries } from "../entry.js";

/** Errors of the admin API, in the `error.code` of its responses. A command that calls it ends with the same code. */
export const adminApiErrors = {
  "request/invalid": { summary: "A field of the request is invalid; `param` names it.", exitCode: 2, status: 400 },
  "request/not-json": { summary: "The body is not JSON.", exitCode: 1, status: 400 },
  "request/not-utf8": { summary: "The body is not valid UTF-8.", exitCode: 1, status: 400 },
  "request/too-deep": { summary: "The body exceeds the nesting limit.", exitCode: 1, status: 400 },
  "request/too-large": { summary: "The body exceeds the size limit.", exitCode: 1, status: 413 },
  "request/too-long": { summary: "The URL exceeds the length limit.", exitCode: 1, status: 414 },
  "request/media-type": { summary: "The content type is not supported.", exitCode: 1, status: 415 },
  "request/method": { summary: "The method is not supported at this path.", exitCode: 1, status: 405 },
  "request/cross-origin": { summary: "A page of another origin used the admin API.", exitCode: 1, status: 403 },
  "request/not-found": { summary: "There is no such path.", exitCode: 1, status: 404 },

  "credential/missing": {
    summary: "The operation needs an API key or a session.",
    exitCode: 1,
    status: 401,
    hint: "Send `Authorization: Bearer <key>`, or sign in.",
  },
  "credential/invalid": {
    summary: "The API key is malformed, unknown, revoked or expired.",
    exitCode: 1,
    status: 401,
    hint: "`keelson keys create NAME --scope admin` creates a key.",
  },
  "credential/too-many": { summary: "Too many invalid credentials from this address.", exitCode: 1, status: 429 },
  "scope/missing": { summary: "The API key lacks a scope.", exitCode: 1, status: 403 },
  "role/too-low": { summary: "The role of the caller does not allow the operation.", exitCode: 1, status: 403 },
  "role/not-operator": {
    summary: "The operation concerns the platform itself: only operators may perform it.",
    exitCode: 1,
    status: 403,
  },
  "credential/limited": {
    summary: "A key that is limited to models, scopes or a time cannot create users, sign-in links or roles.",
    exitCode: 1,
    status: 403,
  },
  "session/ended": { summary: "The session is no longer valid.", exitCode: 1, status: 401, hint: "Sign in again." },
  "session/no-header": {
    summary: "A session needs the header `x-keelson` besides its cookie.",
    exitCode: 1,
    status: 401,
  },
  "link/invalid": {
    summary: "A sign-in link is malformed, used or expired.",
    exitCode: 1,
    status: 401,
    hint: "Get a new one: `keelson login` prints one.",
  },
  "internal/unauthorized": { summary: "The path requires the internal token.", exitCode: 1, status: 401 },

  "key/exceeds-maker": {
    summary: "A new key would have more rights than the key that creates it.",
    exitCode: 1,
    status: 403,
  },
  "key/no-session": {
    summary: "A key that ends with a session needs a session to create it.",
    exitCode: 1,
    status: 400,
  },
  "key/exists": {
    summary: "The owner of the new key has an active key with this name.",
    exitCode: 1,
    status: 409,
    hint: "Choose another name, or revoke the other key first. To replace a key without an interruption, create the new one under another name.",
  },
  "key/too-many": {
    summary: "The user or the organisation has the maximum of valid API keys.",
    exitCode: 1,
    status: 409,
    hint: "Revoke keys that are not used any more.",
  },
  "session/too-many": {
    summary: "The user, the API key or the organisation has the maximum of browser sessions.",
    exitCode: 1,
    status: 409,
    hint: "Sign out where you do not need it any more.",
  },
  "link/too-many": {
    summary: "The user has the maximum of unused sign-in links.",
    exitCode: 1,
    status: 409,
    hint: "Use one of them, or wait ten minutes.",
  },
  "user/too-many": {
    summary: "The organisation has the maximum of users.",
    exitCode: 1,
    status: 409,
    hint: "Delete users who are not needed any more.",
  },
  "key/expired": { summary: "The expiry of a new key is in the past.", exitCode: 1, status: 400 },
  "organisation/exists": {
    summary: "There is already an organisation with this id, or there was.",
    exitCode: 1,
    status: 409,
    hint: "Choose another id. Usage and the audit log of a deleted organisation are kept under its id.",
  },
  "organisation/of-operators": {
    summary: "The organisation of the users who run the platform cannot be deleted.",
    exitCode: 1,
    status: 409,
  },
  "organisation/unknown": { summary: "There is no such organisation.", exitCode: 2, status: 404 },
  "organisation/not-yours": { summary: "The credential belongs to another organisation.", exitCode: 1, status: 403 },
  "user/exists": { summary: "The organisation already has a user with this name.", exitCode: 1, status: 409 },
  "user/unknown": { summary: "There is no such user.", exitCode: 2, status: 404 },
  "user/operator": { summary: "Only operators manage operators.", exitCode: 1, status: 403 },
  "user/last-owner": {
    summary: "The last owner of an organisation cannot be removed or demoted.",
    exitCode: 1,
    status: 409,
    hint: "Make another user an owner first.",
  },
  "usage/too-many-rows": {
    summary: "A usage query would return too many rows.",
    exitCode: 1,
    status: 400,
    hint: "Name a shorter period, or fewer dimensions in `by`.",
  },

  "control/none": {
    summary: "This process has no supervisor: drills, backups and the platform file need `keelson up`.",
    exitCode: 1,
    status: 503,
    hint: "In a cluster they run on the platform's schedule; see docs/drills.md.",
  },
  "control/away": {
    summary: "The supervisor does not respond.",
    exitCode: 1,
    status: 503,
    hint: "It may be restarting; `keelson status` shows its state.",
  },
  "control/failed": { summary: "The supervisor returned an unexpected error.", exitCode: 1, status: 502 },
  "dashboard/not-built": {
    summary: "The dashboard was not built.",
    exitCode: 1,
    status: 503,
    hint: "Run `npm run build`, then start again.",
  },
} as const satisfies HttpErrorEntries;
