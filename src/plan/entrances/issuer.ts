import type { Entrance } from "../plan.js";

/**
 * The ClusterIssuer of cert-manager that issues and renews the certificate; undefined if it is provided by hand (`none`), and for
 * ACM, which does not export private keys.
 */
export function issuerOf({ controller, tls }: Entrance): string | undefined {
  return controller === "none" || tls?.issuer === "acm" || tls?.issuer === "none" ? undefined : tls?.issuer;
}

/** The Secret with the certificate, which cert-manager names its Certificate after (cert-manager.io: Annotated Ingress resource). */
export function certificateName({ name }: Pick<Entrance, "name">): string {
  return `${name}-tls`;
}
