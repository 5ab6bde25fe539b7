import { MiB } from "../sizes.js";
import type { ControllerDescriptor } from "./descriptor.js";

/** ingress-nginx. */
export const nginx: ControllerDescriptor = {
  title: "the ingress controller nginx",
  api: "ingress",
  className: "nginx",
  namespace: "ingress-nginx",
  proxies: {
    requests: { cpu: 100, memory: 90 * MiB },
    deployment: () => "ingress-nginx-controller",
    source: "ingress-nginx: charts/ingress-nginx/values.yaml, replicaCount 1 (read 2026-11-30)",
  },
  supports: { grpc: true, waf: true, sessionAffinity: true },
  retired:
    "ingress-nginx has had no releases and no security fixes since March 2026 (kubernetes.io blog, Ingress NGINX Retirement, 2025-11-11)",
};
