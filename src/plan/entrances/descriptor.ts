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
  /** What an object of that API can express for it. */
  readonly supports: { readonly grpc: boolean; readonly waf: boolean; readonly sessionAffinity: boolean };
  /** Set, with the date and the source, if its maintenance has ended. */
  readonly retired?: string;
}

export const SUPPORTS_NOTHING = { grpc: false, waf: false, sessionAffinity: false } as const;
