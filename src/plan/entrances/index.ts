import type { Entrance } from "../plan.js";
import type { ControllerDescriptor } from "./descriptor.js";
import { gatewayApi } from "./gateway-api.js";
import { nginx } from "./nginx.js";
import { none } from "./none.js";
import { traefik } from "./traefik.js";

/** Every entrance controller. A new one is one line here, and the compiler names what else it needs. */
export const CONTROLLERS: Readonly<Record<Entrance["controller"], ControllerDescriptor>> = {
  nginx,
  traefik,
  "gateway-api": gatewayApi,
  none,
};
