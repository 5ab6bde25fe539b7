/** Chat requests per second, and writes per second, of a drill. A higher rate would measure the machine that sends it. */
export const MAX_RATE_PER_SECOND = 500;

/** Writes per second without a requested rate, and the most chats per second that a drill sends by itself. */
export const DEFAULT_RATE_PER_SECOND = 15;
