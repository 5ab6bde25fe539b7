import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** 200 if a request may use the port of an engine, else the status of its refusal. */
export function accessStatus({ headers, method }: IncomingMessage, token: string): 200 | 401 | 403 | 415 {
  // A browser sends `Origin` with what pages request of other origins, and after DNS rebinding the page's own name as `Host`.
  if (headers.origin !== undefined || !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(headers.host ?? "")) return 403;
  if (!isSame(headers.authorization ?? "", `Bearer ${token}`)) return 401;
  // A page can send other types without asking the server first (CORS).
  if (method === "POST" && !/^application\/json\b/i.test(headers["content-type"] ?? "")) return 415;
  return 200;
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
