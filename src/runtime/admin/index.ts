export { createAdminApp, createInternalApp } from "./app.js";
export { hashSession, missingScope, PROOF_HEADER, SESSION_COOKIE, sessionCookie } from "./auth.js";
export { AdminError } from "./errors.js";
export { mount, mountInternal } from "./mount.js";
export { organisationOf, readableOrganisation, scopeOf, visibleTo } from "./organisation-scope.js";
export { callModule } from "./remote.js";
export { type Handlers, serve, TextResponse } from "./serve.js";
