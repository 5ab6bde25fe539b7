import type { CloudDescriptor } from "./descriptor.js";

/** No cloud: one machine, or a cluster of an unknown provider. */
export const none: CloudDescriptor = {
  defaultRegion: { name: "local", why: "no cloud is set" },
  hasZones: true,
  zone: (region, letter) => `${region}-${letter}`,
  secretStore: { from: "file", why: "values are files that an operator provides" },
  dns: "external-dns",
  loadBalancer: undefined,
  machine: () => undefined,
  volumes: undefined,
  s3Endpoint: () => undefined,
  nodeProvisioning: undefined,
  machineSla: undefined,
  siteSla: () => undefined,
  managedSla: () => undefined,
};
