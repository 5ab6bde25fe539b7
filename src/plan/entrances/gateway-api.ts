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
  supports: SUPPORTS_NOTHING,
};
