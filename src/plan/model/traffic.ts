import type { Path } from "../../platform-file/origin.js";
import type { Element, Milliseconds, Objectives, Patch, Ratio } from "./element.js";
import type { Spread } from "./unit.js";

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

/** A call as the file declares it: of a model by its name, and not of the unit or host that serves it. `to` is the host of an external address. */
export interface Dependency {
  /** A unit; the calls of its sidecars are its own. */
  readonly from: string;
  readonly to: string;
  readonly kind: "unit" | "model" | "store" | "outside";
  readonly path: Path;
}

/** A host outside the platform that is called, with what its operator promises; undefined: not declared. */
export interface OutsideHost extends Element {
  readonly availability: Ratio | undefined;
  /** The longest outage. */
  readonly rto: Milliseconds | undefined;
}

/** A public entry point (ingress). */
export interface Entrance extends Element {
  readonly host: string | undefined;
  readonly controller: "nginx" | "traefik" | "gateway-api" | "none";
  /** The namespace of its proxies; undefined without a controller. */
  readonly namespace: string | undefined;
  /** How many proxies the installation of its controller runs, and how strictly it spreads them. */
  readonly replicas: number;
  readonly spread: Spread;
  /** The load balancer in front of the proxies; undefined if neither the file nor the cloud determines it. */
  readonly balancer: LoadBalancer | undefined;
  readonly objectives: Objectives;
  readonly tls: { readonly issuer: string; readonly minimum: "1.2" | "1.3" } | undefined;
  readonly waf: "none" | "common" | "strict";
  readonly cdn: boolean;
  readonly dns: "none" | "external-dns" | "route53" | "linode";
  readonly affinity: "none" | "session";
  readonly patches: readonly Patch[];
  readonly routes: readonly { readonly prefix: string; readonly unit: string; readonly port: string }[];
}

/** The health checks by which a load balancer finds the nodes that it sends requests to. */
export interface LoadBalancer {
  readonly path: Path;
  readonly check: Milliseconds;
  readonly timeout: Milliseconds;
  /** Consecutive failures after which a node receives nothing. */
  readonly failures: number;
}
