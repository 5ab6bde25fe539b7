/** Names of the runtime's modules, as platform files write them. */
export const moduleNames = ["gateway", "engine", "accounts", "usage", "dashboard", "database"] as const;
