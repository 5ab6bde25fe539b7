import type { Bytes, Millicores } from "../plan.js";

/** What one entrance controller of Kubernetes can do, and where it runs. */
export interface ControllerDescriptor {
  /** The product, as notes name it. */
  readonly title: string;
  /** The Kubernetes API that configures it; `none`: users expose the services themselves. */
  readonly api: "ingress" | "gateway" | "none";
  /** The name of its IngressClass or GatewayClass in its usual installation. */
  readonly className: string;
  /** The namespace of its proxies in its usual installation, which network policies admit traffic from. */
  readonly namespace: string | undefined;
  /** Its proxies in its usual installation; undefined without a controller. */
  readonly proxies: Proxies | undefined;
  /** What an object of that API can express for it. */
  readonly supports: { readonly grpc: boolean; readonly waf: boolean; readonly sessionAffinity: boolean };
  /** Set, with the date and the source, if its maintenance has ended. */
  readonly retired?: string;
}

export const SUPPORTS_NOTHING = { grpc: false, waf: false, sessionAffinity: false } as const;

/** The pods that accept the requests of an entrance. */
export interface Proxies {
  /** What one of them requests of its node. */
  readonly requests: { readonly cpu: Millicores; readonly memory: Bytes };
  /** The name of their Deployment, as a regular expression, for the entrance `name` of a namespace. */
  deployment(namespace: string, name: string): string;
  /** Where their number, requests and names are documented. */
  readonly source: string;
}
