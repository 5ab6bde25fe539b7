/** Paths of the pages of the web application below `/`. The server answers 404 for others, and the application has no others. */
export const PAGES = [
  "",
  "sign-in",
  "promises",
  "design",
  "design/changes",
  "topology",
  "models",
  "usage",
  "keys",
  "users",
  "organisations",
  "audit",
  "drills",
  "drills/:id",
  "backups",
] as const;
export type PagePath = (typeof PAGES)[number];

const PATTERNS = PAGES.map((page) => new RegExp(`^/${page.replace(/:\w+/g, "[^/]+")}/?$`));

/** Whether the application has a page at this path, without its query. */
export function isPage(path: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(path));
}
