import { type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";

/** A connection pool to PostgreSQL, with migrations and notifications, for the modules of the same process. */
export const database = {
  ...PLAIN_MODULE,
  needs: [],
  remote: "none",
  connectsToDatabase: true,
  routes: [],
} as const satisfies ModuleDescriptor;
