export { type AdminApp, createAdminApp } from "./app.js";
export { type Access, actorOf, atLeast, organisationOf, readingOf, refuseThrottled, sessionCookie } from "./auth.js";
export { AdminError } from "./errors.js";
export { mount } from "./mount.js";
