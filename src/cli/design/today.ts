/** Today in UTC, `YYYY-MM-DD`: rules about ends of life compare dates. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
