import { type ControllerDescriptor, SUPPORTS_NOTHING } from "./descriptor.js";

/** Traefik, by Ingress objects; its own resources are not rendered. */
export const traefik: ControllerDescriptor = {
  title: "the ingress controller traefik",
  api: "ingress",
  className: "traefik",
  namespace: "traefik",
  proxies: {
    requests: { cpu: 0, memory: 0 },
    deployment: () => "traefik",
    source: "traefik-helm-chart: traefik/values.yaml, deployment.replicas 1 and no requests (read 2026-11-30)",
  },
  supports: SUPPORTS_NOTHING,
};
