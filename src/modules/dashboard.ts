import { type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";

/** The web application, and the one origin that a browser uses. */
export const dashboard = {
  ...PLAIN_MODULE,
  needs: ["accounts", "usage", "gateway"],
  remote: "none",
  // The topology also reads the state of processes that serve one model.
  tokens: ["modules", "engines"],
  routes: ["/", "/admin"],
  probe: { path: "/", as: "client", accept: "text/html" },
} as const satisfies ModuleDescriptor;
