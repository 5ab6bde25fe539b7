import { type ControllerDescriptor, SUPPORTS_NOTHING } from "./descriptor.js";

/** No controller: users expose the services themselves. */
export const none: ControllerDescriptor = {
  title: "no controller",
  api: "none",
  className: "",
  namespace: undefined,
  proxies: undefined,
  supports: SUPPORTS_NOTHING,
};
