import { MiB, type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";

/** Organisations, users, API keys and sessions. */
export const accounts = {
  ...PLAIN_MODULE,
  needs: ["database"],
  remote: "single",
  tokens: ["modules", "operator", "audit"],
  routes: ["/admin"],
  forwarded: ["/admin"],
  container: {
    cpu: { min: 100, max: 1000 },
    memory: { min: 192 * MiB, max: 512 * MiB },
    why: "a Node.js process with a connection pool",
  },
  probe: { path: "/admin/keys", as: "operator", accept: "application/json" },
} as const satisfies ModuleDescriptor;
