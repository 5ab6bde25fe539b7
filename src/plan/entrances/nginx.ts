import type { ControllerDescriptor } from "./descriptor.js";

/** ingress-nginx. */
export const nginx: ControllerDescriptor = {
  api: "ingress",
  namespace: "ingress-nginx",
  supports: { grpc: true, waf: true, sessionAffinity: true },
};
