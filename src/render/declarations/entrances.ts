import type { Entrance, Plan } from "../../plan/plan.js";
import type { Declared, Declares } from "./declared.js";

/** Public entry points: host names, certificates, WAF, CDN, DNS records and session affinity. */
export const ENTRANCE_DECLARATIONS = {
  entrances: perEntrance(({ name, path }) => ({
    path,
    omission: `entrance ${name} is not rendered by this target`,
  })),
  "public-hosts": perEntrance(({ name, path, host }) =>
    host === undefined ? undefined : { path, omission: `${name}: ${host} is not exposed publicly by this target` },
  ),
  tls: perEntrance(({ name, path, tls }) =>
    tls === undefined ? undefined : { path, omission: `${name}: TLS (${tls.issuer}) is not configured by this target` },
  ),
  "minimum-tls-1.3": perEntrance(({ name, path, tls }) =>
    tls?.minimum === "1.3"
      ? {
          path,
          omission: `${name}: minimum TLS version 1.3 is not enforced by this target: set it where TLS is terminated`,
        }
      : undefined,
  ),
  waf: perEntrance(({ name, path, waf }) =>
    waf === "none" ? undefined : { path, omission: `${name}: a WAF (${waf}) is not configured by this target` },
  ),
  cdn: perEntrance(({ name, path, cdn }) =>
    cdn ? { path, omission: `${name}: a CDN is not configured by this target` } : undefined,
  ),
  "dns-records": perEntrance(({ name, path, dns, host }) =>
    dns === "none" || host === undefined
      ? undefined
      : { path, omission: `${name}: the DNS record of ${host} is not created by this target` },
  ),
  "session-affinity": perEntrance(({ name, path, affinity }) =>
    affinity === "none" ? undefined : { path, omission: `${name}: session affinity is not configured by this target` },
  ),
} as const satisfies Record<string, Declares>;

function perEntrance(declared: (entrance: Entrance) => Declared | undefined): Declares {
  return ({ entrances }: Plan) => entrances.flatMap((entrance) => declared(entrance) ?? []);
}
