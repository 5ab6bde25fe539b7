import type { Entrance } from "../plan.js";

/** The ClusterIssuer of cert-manager that issues the certificate; undefined for ACM, which does not export private keys. */
export function issuerOf({ controller, tls }: Entrance): string | undefined {
  return controller === "none" || tls?.issuer === "acm" ? undefined : tls?.issuer;
}
