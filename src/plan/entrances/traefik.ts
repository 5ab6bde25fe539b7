import { type ControllerDescriptor, SUPPORTS_NOTHING } from "./descriptor.js";

/** Traefik, by Ingress objects; its own resources are not rendered. */
export const traefik: ControllerDescriptor = {
  title: "the ingress controller traefik",
  api: "ingress",
  className: "traefik",
  namespace: "traefik",
  supports: SUPPORTS_NOTHING,
};
