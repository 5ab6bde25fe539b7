/** Chat requests, and as many writes, per second of a drill's load. */
export const MAX_RATE_PER_SECOND = 500;
