import type { Path } from "../../platform-file/origin.js";
import type { Element, Patch } from "./element.js";

/** `from` calls `to` on `port`. Network policies, injected addresses and the topology are derived from edges. */
export interface Edge {
  /** A unit, or a store that sends its backups to a bucket. */
  readonly from: string;
  /** A unit, a store, or an external host. */
  readonly to: string;
  readonly kind: "unit" | "store" | "outside";
  readonly port: number;
  readonly protocol: "http" | "tcp" | "grpc";
  readonly path: Path;
}

/** A public entry point (ingress). */
export interface Entrance extends Element {
  readonly host: string | undefined;
  readonly controller: "nginx" | "traefik" | "gateway-api" | "none";
  readonly tls: { readonly issuer: string; readonly minimum: "1.2" | "1.3" } | undefined;
  readonly waf: "none" | "common" | "strict";
  readonly cdn: boolean;
  readonly dns: "none" | "external-dns" | "route53" | "linode";
  readonly affinity: "none" | "session";
  readonly patches: readonly Patch[];
  readonly routes: readonly { readonly prefix: string; readonly unit: string; readonly port: string }[];
}
