export { type AdminApp, createAdminApp } from "./app.js";
export { type Access, actorOf, atLeast, organisationOf, readingOf, refuseThrottled, sessionCookie } from "./auth.js";
export { AdminError, errorSchema } from "./errors.js";
export { instant, name, organisationId } from "./fields.js";
export { mount } from "./mount.js";
