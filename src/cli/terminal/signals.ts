/** Signals that start a graceful shutdown: Ctrl-C, `kill`, and a closed terminal. */
export const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
