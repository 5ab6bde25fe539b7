import { MiB } from "../sizes.js";
import { type ControllerDescriptor, SUPPORTS_NOTHING } from "./descriptor.js";

/**
 * The Gateway API, by Envoy Gateway: a graduated implementation that needs no service mesh and no particular network. Its proxies
 * run in its own namespace, so a network policy can name them (Envoy Gateway, "Gateway Namespace Mode" is not the default), and
 * its quickstart names the GatewayClass `eg`.
 */
export const gatewayApi: ControllerDescriptor = {
  title: "the Gateway API and Envoy Gateway with a GatewayClass eg",
  api: "gateway",
  className: "eg",
  namespace: "envoy-gateway-system",
  proxies: {
    requests: { cpu: 100, memory: 512 * MiB },
    deployment: (namespace, name) => `envoy-${namespace}-${name}-.+`,
    source: "Envoy Gateway: api/v1alpha1/shared_types.go, DefaultDeploymentReplicas 1 (read 2026-11-30)",
  },
  supports: SUPPORTS_NOTHING,
};
