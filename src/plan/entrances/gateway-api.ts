import { type ControllerDescriptor, SUPPORTS_NOTHING } from "./descriptor.js";

/** Any implementation of the Gateway API. */
export const gatewayApi: ControllerDescriptor = { api: "gateway", namespace: undefined, supports: SUPPORTS_NOTHING };
