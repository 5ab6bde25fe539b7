import { MiB, type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";

/** The OpenAI and Ollama APIs: authenticates, routes and counts every request to a model. */
export const gateway = {
  ...PLAIN_MODULE,
  needs: ["accounts", "usage", "engine"],
  remote: "single",
  streams: true,
  callsUpstreams: true,
  tokens: ["modules", "engines"],
  routes: ["/v1", "/api"],
  forwarded: ["/admin/models", "/v1", "/api"],
  container: {
    cpu: { min: 250, max: 2000 },
    memory: { min: 256 * MiB, max: 512 * MiB },
    why: "the gateway stays under 200 MB; bursts take more CPU",
  },
  state: {
    process: {
      label: "nothing: usage events are on disk",
      lossMs: 0,
      source: "the gateway makes a usage event durable on its disk before it sends the last byte of the response",
    },
    node: {
      label: "usage events not yet published",
      lossMs: 5_000,
      why: "usage events on the gateway's disk are published to PostgreSQL within 5s while it is available",
    },
  },
} as const satisfies ModuleDescriptor;
