/** Rows of a list in one response. */
export const MAX_ROWS = 1_000;
