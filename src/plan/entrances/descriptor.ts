/** What one entrance controller of Kubernetes can do, and where it runs. */
export interface ControllerDescriptor {
  /** The Kubernetes API that configures it; `none`: users expose the services themselves. */
  readonly api: "ingress" | "gateway" | "none";
  /** The namespace of its usual installation, which network policies admit traffic from. */
  readonly namespace: string | undefined;
  /** What an object of that API can express for it. */
  readonly supports: { readonly grpc: boolean; readonly waf: boolean; readonly sessionAffinity: boolean };
}

export const SUPPORTS_NOTHING = { grpc: false, waf: false, sessionAffinity: false } as const;
