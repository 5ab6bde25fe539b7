/** Chat requests per second, and writes per second, of a drill. A higher rate would measure the machine that sends it. */
export const MAX_RATE_PER_SECOND = 500;
