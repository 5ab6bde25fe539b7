import { expect, it } from "vitest";
import { manifests } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";

const plan = planOf(`platform: shop
provide: in-cluster
services:
  web: { image: "shop/web:1.0.0", port: 80, beside: auth, sidecars: { proxy: { image: "shop/proxy:1.0.0", port: 9901 } } }
  auth: { image: "shop/auth:1.0.0", ports: { http: 7000, metrics: 7001 } }
`);

it("gives each port of a Service a unique name, whatever its name in the container", () => {
  const service = manifests(plan).find(({ object }) => object.kind === "Service")?.object;
  const ports = service?.kind === "Service" ? (service.spec?.ports ?? []) : [];
  expect(ports.map(({ name, port }) => [name, port])).toEqual([
    ["http", 80],
    ["proxy-http", 9901],
    ["auth-http", 7000],
    ["auth-metrics", 7001],
  ]);
});
