/** Ctrl-C, `kill`, and the end of the terminal: each asks for an end in order. */
export const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
