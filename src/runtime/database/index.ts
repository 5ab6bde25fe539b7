export { type Database, type Migration, organisationScope, platformScope, type Scope, type Tables } from "./client.js";
export { startDatabase } from "./database.js";
