import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { Plan } from "../../plan/plan.js";

/**
 * The names under which a process may be addressed. A web page whose own name resolves to this machine (DNS rebinding) reaches
 * the process through the browser of a user here; its requests have that name as their Host.
 */
export interface KnownHosts {
  /** Whether a request with this Host header may be served. */
  has(host: string | undefined): boolean;
  /** Whether this host (with its port) is a public name of the platform. */
  isPublic(host: string): boolean;
}

/** Ends of names that no public registry delegates: names of Kubernetes Services and of private networks. */
const PRIVATE_SUFFIXES = [".localhost", ".svc", ".cluster.local", ".internal"];

/**
 * Addresses and names without a dot (of containers and Services) cannot belong to a web page's site. Of all other names only the
 * machine's own, the one in `publicUrl` and the hosts of the plan's entrances are known.
 */
export function knownHosts(plan: Pick<Plan, "entrances">, publicUrl: () => string): KnownHosts {
  const declared = new Set(plan.entrances.flatMap(({ host }) => (host === undefined ? [] : [host.toLowerCase()])));
  const own = hostname().toLowerCase();
  const isPublicName = (name: string): boolean => declared.has(name) || nameOf(hostOf(publicUrl())) === name;
  return {
    has(host) {
      const name = nameOf(host);
      if (name === undefined) return false;
      if (isIP(name) !== 0 || !name.includes(".") || name === own) return true;
      return PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix)) || isPublicName(name);
    },
    isPublic: (host) => isPublicName(nameOf(host) ?? ""),
  };
}

/** The name in a Host header, in lower case and without port, brackets and final dot. Undefined if it is malformed. */
function nameOf(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/@]+?)\.?)(?::\d*)?$/i.exec(host ?? "") ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed.toLowerCase() : undefined;
  return plain?.toLowerCase();
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

/**
 * Whether a request comes from a page of this platform, or from a client that is no browser. Browsers report the relation in
 * `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/), which they omit over plain HTTP; then `Origin` is compared with
 * `Host`. Another port of the same machine is another origin. A navigation only opens a document.
 */
export function isFromOwnPage({ method, headers }: IncomingMessage, isOwnName: (host: string) => boolean): boolean {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  if (site === "same-origin" || site === "none") return true;
  if (site !== undefined && method === "GET" && headers["sec-fetch-mode"] === "navigate") return true;
  if (origin === undefined) return site === undefined;
  const originHost = hostOf(origin);
  if (originHost === "") return false;
  return originHost === host?.toLowerCase() || isOwnName(originHost);
}
