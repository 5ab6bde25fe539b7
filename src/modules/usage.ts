import { MiB, type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";

/** The usage ledger: stores the events that gateways publish and sums them. */
export const usage = {
  ...PLAIN_MODULE,
  needs: ["database", "accounts"],
  remote: "single",
  routes: ["/admin"],
  forwarded: ["/admin/usage"],
  container: {
    cpu: { min: 100, max: 1000 },
    memory: { min: 192 * MiB, max: 512 * MiB },
    why: "a Node.js process with a connection pool and batches of events",
  },
  probe: { path: "/admin/usage", as: "operator", accept: "application/json" },
} as const satisfies ModuleDescriptor;
