import { expect, it } from "vitest";
import { tenantsOf } from "../../src/promises/capacity.js";
import { planOf } from "../support/check/findings.js";

it("tenants of a pool include the servers of every store, buckets included", () => {
  const plan = planOf(`platform: shop
cloud: aws
provide: in-cluster
services: { web: { image: "shop/web:1.0.0", port: 80, replicas: 2..5 } }
stores:
  db: { postgres: 17, standby: same-zone }
  sessions: { redis: 7, shards: 3, replicas: 1 }
  jobs: { rabbitmq: "4.0", replicas: 3 }
  files: { bucket: true }
  away: { bucket: true, provide: managed }
nodes: { general: { type: m5.xlarge, count: 3 } }
`);
  const [pool] = plan.pools;
  const tenants = pool ? tenantsOf(plan, pool) : [];
  expect(tenants.map(({ name, replicas }) => [name, replicas.max])).toEqual([
    ["web", 5],
    ["db", 2],
    ["sessions", 6],
    ["jobs", 3],
    ["files", 1],
  ]);
  expect(tenants.at(-1)?.demand).toMatchObject({ cpu: 100, memory: 128 * 2 ** 20 });
});
