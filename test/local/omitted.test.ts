import { expect, test } from "vitest";
import { processes } from "../../src/local/processes.js";
import { planOf } from "../support/gateway/gateway.js";

const everything = planOf(`platform: shop
provide: embedded
services:
  web:
    modules: [gateway, accounts, usage]
    calls: [orders, sessions]
    sidecars:
      proxy: { image: "envoyproxy/envoy:v1.31.0" }
  search: { image: "opensearchproject/opensearch:2.17.0", port: 9200 }
models:
  assistant: { engine: simulated, limits: { requestsPerMinute: 60 } }
  spare: { engine: simulated }
stores:
  orders: { postgres: 17 }
  sessions: { redis: 7 }
`);

test.each([false, true])(
  "keelson up lists the elements of the file that it does not run or enforce (split: %s)",
  (split) => {
    const { omitted } = processes(everything, {
      host: "127.0.0.1",
      port: 0,
      split,
      ports: [0, 0, 0, 0],
      sockets: "/sockets",
    });
    expect(omitted).toEqual([
      "search: keelson up runs Keelson's modules and no container images",
      "proxy: keelson up runs Keelson's modules and no container images",
      "sessions: keelson up runs no Redis, and its modules keep their counters in memory",
      "assistant: the limit of 60 requests per minute is not enforced yet",
    ]);
  },
);
