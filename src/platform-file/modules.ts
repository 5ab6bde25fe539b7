/** Names of the runtime's modules, as platform files write them. */
export const moduleNames = ["gateway", "engine", "accounts", "usage", "dashboard", "database"] as const;

/** The port that a container of modules listens on, unless the file says another. */
export const MODULE_PORT = 8080;
