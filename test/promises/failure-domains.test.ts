import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf } from "../support/promises/rows.js";

const OBSERVED = "observe: { metrics: prometheus, routes: { critical: pagerduty } }";

/** A platform in a cluster of its own machines, with the rest of its file. */
const rack = (nodes: number, rest: string) =>
  sheetOf(`
platform: shop
provide: in-cluster
nodes: { own: { type: rack, count: ${nodes}, allocatable: { cpu: 8, memory: 32Gi } } }
${OBSERVED}
${rest}
`);

const aws = (rest: string) => sheetOf(`\nplatform: shop\ncloud: aws\nzones: 3\n${OBSERVED}\n${rest}\n`);

const web = (settings: string) =>
  `services: { web: { image: registry.example.com/web:1.0.0, port: 8080, ${settings} } }\nobjectives: { rto: 5m, rpo: 1m }`;

describe("replicas that are required on different nodes", () => {
  it("are on one node if there is only one", () => {
    expect(rowOf(rack(1, web("replicas: 2, spread: nodes")), "node-loss", "web").rto.verdict).toBe("broken");
    expect(rowOf(rack(2, web("replicas: 2, spread: nodes")), "node-loss", "web").rto.verdict).toBe("kept");
  });

  it("in three zones are in one if one has a node", () => {
    const nodes = (count: number) => `nodes: { own: { type: m5.large, count: ${count} } }\n`;
    const settings = web("replicas: 3, cpu: 500m, memory: 512Mi, spread: { zones: require }");
    for (const fault of ["node-loss", "zone-loss"]) {
      expect(rowOf(aws(nodes(1) + settings), fault, "web").rto.verdict, fault).toBe("broken");
      expect(rowOf(aws(nodes(3) + settings), fault, "web").rto.verdict, fault).toBe("kept");
    }
  });
});

describe("a declared budget", () => {
  it("is the number of replicas that must remain", () => {
    const settings = (minAvailable: number) =>
      `nodes: { general: { type: m5.large, count: 6 } }\n${web(`replicas: 6, cpu: 1, memory: 1Gi, disruption: { minAvailable: ${minAvailable} }`)}`;
    expect(rowOf(aws(settings(4)), "zone-loss", "web").rto.verdict).toBe("kept");
    const { rto } = rowOf(aws(settings(5)), "zone-loss", "web");
    expect(rto.verdict).toBe("broken");
    expect(rto.predicted).toMatchObject({ kind: "unbounded", why: expect.stringContaining("no capacity for web") });
  });
});

describe("a pod with a volume", () => {
  const store = "stores: { db: { postgres: 17 } }\nobjectives: { rto: 1h, rpo: 1h }";

  it("has an unknown recovery while it is not known whether its volume survives its node", () => {
    const { rto, rpo } = rowOf(rack(3, store), "node-loss", "db");
    expect([rto.verdict, rpo.verdict]).toEqual(["unknown", "unknown"]);
  });

  it("is moved by an operator if another node can attach the volume, and lost with a local one", () => {
    const cluster = (volumes: string) =>
      rowOf(rack(3, `cluster: { volumes: ${volumes} }\n${store}`), "node-loss", "db");
    expect(cluster("zonal").verdict).toBe("kept");
    expect(cluster("local").verdict).toBe("broken");
  });

  it("waits for a node in the zone of its volume", () => {
    const settings = (count: string) =>
      `nodes: { own: { type: m5.large, count: ${count} } }\n${web("cpu: 500m, memory: 1Gi, volumes: { data: { mount: /data, size: 5Gi, persistent: true } }").replace("rto: 5m", "rto: 1h")}`;
    expect(rowOf(aws(settings("3")), "node-loss", "web").rto.predicted).toMatchObject({
      kind: "unbounded",
      why: expect.stringContaining("of its volume's zone"),
    });
    expect(rowOf(aws(settings("3..6")), "node-loss", "web").rto.verdict).toBe("kept");
    expect(rowOf(aws(settings("6")), "node-loss", "web").rto.verdict).toBe("kept");
  });
});

describe("a component with a volume in a sidecar", () => {
  const volume = "volumes: { data: { mount: /data, size: 5Gi, persistent: true } }";

  it.each([
    ["inline", web(`sidecars: { vectors: { image: registry.example.com/v:1.0.0, port: 9000, ${volume} } }`)],
    [
      "beside it",
      web("beside: vectors").replace(
        "} }\n",
        `}, vectors: { image: registry.example.com/v:1.0.0, port: 9000, ${volume} } }\n`,
      ),
    ],
  ])("has one replica by default, because two would have different data: %s", (_place, file) => {
    const { rto, rpo } = rowOf(aws(`data: real\n${file}`), "node-loss", "web");
    expect(termsOf(rto.predicted)).toContain("volume attached");
    expect(termsOf(rpo.predicted)).toEqual(["nothing: the volume is attached to another node"]);
    const crash = rowOf(aws(`data: real\n${file}`), "process-crash", "web").rpo.predicted;
    expect(termsOf(crash)).toEqual(["nothing: what is on the volume outlives the process"]);
  });
});

describe("an image", () => {
  it("of a component with a GPU is as large as one of a model", () => {
    const gpu = web("replicas: 1, gpu: 1, nodes: gpu").replace("rto: 5m", "rto: 1h");
    const { rto } = rowOf(aws(`nodes: { gpu: { type: g5.xlarge, count: 6 } }\n${gpu}`), "node-loss", "web");
    expect(termOf(rto.predicted, "image pull")).toBe(160_000);
  });
});

describe("a cache that may start empty", () => {
  const file = "cluster: { volumes: local }\nstores: { cache: { redis: 7 } }\nobjectives: { rto: 1h }";

  it("is replaced after the loss of its node only if another one has room", () => {
    expect(rowOf(rack(1, file), "node-loss", "cache").rto.predicted).toMatchObject({
      kind: "unbounded",
      why: expect.stringContaining("no capacity for cache"),
    });
    expect(rowOf(rack(2, file), "node-loss", "cache").rto.verdict).toBe("kept");
  });
});

describe("servers that need a majority", () => {
  const broker = (replicas: number) =>
    `stores: { broker: { rabbitmq: "4.3", replicas: ${replicas} } }\ncluster: { volumes: zonal }\nobjectives: { rto: 3m, rpo: 1m }`;

  it("of a provider stop with one of two, too, for which it promises no availability", () => {
    const sheet = (replicas: number) =>
      aws(
        `services: { app: { image: registry.example.com/app:1.0.0, port: 8080, replicas: 2, calls: [broker], objectives: { availability: 99% } } }\nstores: { broker: { rabbitmq: "4.3", replicas: ${replicas}, objectives: { rto: 3m } } }`,
      );
    for (const fault of ["node-loss", "zone-loss"]) {
      expect(rowOf(sheet(2), fault, "broker").rto.verdict, fault).toBe("broken");
      expect(rowOf(sheet(3), fault, "broker").rto.verdict, fault).toBe("kept");
    }
    expect(sheet(2).availability[0]?.verdict).toBe("unknown");
    expect(sheet(3).availability[0]?.verdict).toBe("kept");
  });

  it("stop with one of two, and with two of three on two nodes", () => {
    expect(rowOf(rack(3, broker(2)), "node-loss", "broker").rto.verdict).toBe("broken");
    expect(rowOf(rack(2, broker(3)), "node-loss", "broker").rto.verdict).toBe("broken");
    expect(rowOf(rack(3, broker(3)), "node-loss", "broker").rto.verdict).toBe("kept");
  });

  it("restart after a crash if the others are too few", () => {
    expect(rowOf(rack(3, broker(2)), "process-crash", "broker").rto.predicted).toMatchObject({
      kind: "bounded",
      terms: [{ name: "restart of the server" }, { name: "clients reconnect" }],
    });
  });
});

describe("a Redis Cluster", () => {
  const CALLER =
    "services: { app: { image: registry.example.com/app:1.0.0, port: 8080, replicas: 2, calls: [cache], objectives: { availability: 99% } } }";
  const cache = (shards: number) =>
    `stores: { cache: { redis: 7, shards: ${shards}, replicas: 1, persistence: true } }\ncluster: { volumes: zonal }\nobjectives: { rto: 2m, except: [cache-loss] }`;

  it("of two shards never forms, so it is available after no fault", () => {
    for (const fault of ["process-crash", "node-loss", "node-pressure"])
      expect(rowOf(rack(4, cache(2)), fault, "cache").rto.predicted, fault).toMatchObject({
        kind: "unbounded",
        why: expect.stringContaining("never forms"),
      });
    const [app] = aws(
      `${CALLER}\nstores: { cache: { redis: 7, shards: 2, replicas: 1, provide: in-cluster } }`,
    ).availability;
    expect(app?.predicted).toMatchObject({ kind: "known", value: 0 });
  });

  it("without replicas needs the server of every shard", () => {
    const [app] = aws(
      `${CALLER}\nstores: { cache: { redis: 7, shards: 3, replicas: 0, provide: in-cluster } }`,
    ).availability;
    const part = app?.predicted.kind === "known" ? app.predicted.parts.find(({ name }) => name === "cache") : undefined;
    expect(part?.value).toBeCloseTo(0.995 ** 3, 12);
  });

  it("of a provider may have two shards", () => {
    const sheet = aws(`${CALLER}\nstores: { cache: { redis: 7, shards: 2, replicas: 1 } }`);
    expect(rowOf(sheet, "node-loss", "cache").rto.predicted.kind).toBe("bounded");
  });

  it("survives a node only if no node has both servers of a shard", () => {
    expect(rowOf(rack(3, cache(3)), "node-loss", "cache").rto.verdict).toBe("broken");
    expect(rowOf(rack(6, cache(3)), "node-loss", "cache").rto.verdict).toBe("kept");
  });
});

describe("synchronous PostgreSQL", () => {
  const database = (replicas: number) =>
    `provide: in-cluster\nstores: { db: { postgres: 17, replicas: ${replicas}, synchronous: true } }\ncluster: { operators: 2 }\nobjectives: { rto: 3m }`;

  it("accepts no write without a standby: two servers survive no loss of one", () => {
    expect(rowOf(aws(database(2)), "node-loss", "db").rto.verdict).toBe("broken");
    expect(rowOf(aws(database(3)), "node-loss", "db").rto.verdict).toBe("kept");
  });

  it("is promoted after the operator has moved, if it has one replica", () => {
    const one = aws(database(3).replace("operators: 2", "operators: 1"));
    const { rto } = rowOf(one, "node-loss", "db");
    expect(rto.verdict).toBe("broken");
    expect(rto.predicted).toMatchObject({
      terms: expect.arrayContaining([expect.objectContaining({ name: "eviction of the operator", value: 300_000 })]),
    });
  });
});

describe("spot machines", () => {
  it("are lost together", () => {
    const settings = (spot: boolean) =>
      `nodes: { own: { type: m5.large, count: 3..6, spot: ${spot} } }\n${web("replicas: 3, spread: nodes, cpu: 500m, memory: 512Mi")}`;
    expect(rowOf(aws(settings(false)), "node-loss", "web").rto.verdict).toBe("kept");
    expect(rowOf(aws(settings(true)), "node-loss", "web").rto.verdict).toBe("broken");
  });
});

describe("a fallback on other nodes", () => {
  const file = (calls: string, database: string) => `
models:
  big: { source: hf://a/b/c.gguf, parameters: 7B, engine: llama.cpp, gpu: 1, nodes: gpu, replicas: 1, fallback: spare, objectives: { availability: 99% } }
  spare: { source: hf://a/b/d.gguf, parameters: 1B, engine: llama.cpp, nodes: cpu, replicas: 1, calls: [${calls}] }
stores: { db: { postgres: 17, standby: none${database} } }
nodes: { gpu: { type: g5.xlarge, count: 1 }, cpu: { type: m5.2xlarge, count: 3 } }
`;
  const partOf = (calls: string, database = "") => {
    const [big] = aws(file(calls, database)).availability;
    if (big?.predicted.kind !== "known") throw new Error(JSON.stringify(big?.predicted));
    return big.predicted.parts.find(({ name }) => name.startsWith("big"));
  };

  it("is available with what it calls", () => {
    expect(partOf("")?.value).toBeCloseTo(1 - 0.005 ** 2, 12);
    // Amazon RDS in one zone: 99.5 %
    expect(partOf("db")?.value).toBeCloseTo(1 - 0.005 * (1 - 0.995 ** 2), 12);
  });

  it("does not count if it calls what may be on the same node, or a host without a figure", () => {
    expect(partOf("db", ", provide: in-cluster, nodes: gpu")?.value).toBeCloseTo(0.995, 12);
    expect(partOf('"https://api.example.com"')?.value).toBeCloseTo(0.995, 12);
  });
});

describe("the loss of a region", () => {
  const region = (mode: string, failover: string, copy = "us-west-2") =>
    aws(`
${web("replicas: 3, expose: /").replace("rto: 5m, rpo: 1m", "rto: 2h, rpo: 10m")}
entrance: { host: shop.example.com }
stores: { db: { postgres: 17, standby: another-zone, ${copy === "" ? "" : `copy: ${copy}, `}backups: { full: daily keep 30d, log: 5m keep 7d } } }
regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: ${mode} }], failover: ${failover} }
`).rows.find(({ fault }) => fault === "region-loss");

  it("lasts as long as the slower of DNS and the promotion of the data", () => {
    expect(region("warm", "{ check: 30s, failures: 3, ttl: 60s }")?.verdict).toBe("kept");
    expect(region("cold", "{ check: 5m, failures: 10, ttl: 24h }")?.rto).toMatchObject({
      verdict: "broken",
      predicted: { terms: expect.arrayContaining([expect.objectContaining({ value: 86_400_000 })]) },
    });
  });

  it.each([
    "objectives: { rto: { default: 4h, region-loss: 15m }, rpo: 1h }",
    "objectives: { rto: 4h, rpo: 1h }\nregions: { primary: us-east-1, failover: { check: 30s, failures: 3, ttl: 60s } }",
  ])("is unbounded without a standby region if the file is about it: %s", (about) => {
    const file = `${web("replicas: 3, expose: /").replace(/\nobjectives.*/, "")}\nentrance: { host: shop.example.com }\n${about}`;
    const { rto, rpo } = rowOf(aws(file), "region-loss", "shop");
    expect([rto.verdict, rpo.verdict]).toEqual(["broken", "broken"]);
    const dns = aws(file).rows.find(({ fault }) => fault === "dns-failover");
    expect(dns?.rto.verdict ?? "broken").toBe("broken");
  });

  it("empties caches and brokers, which counts if the file promises to keep their contents", () => {
    const lost = (store: string) =>
      rowOf(
        aws(`stores: { ${store} }\nregions: { primary: us-east-1, standby: [us-west-2] }\nobjectives: { rpo: 1h }`),
        "region-loss",
        "shop",
      ).rpo.verdict;
    expect(lost('jobs: { rabbitmq: "4.3" }')).toBe("broken");
    expect(lost('jobs: { rabbitmq: "4.3", objectives: { except: [broker-loss] } }')).toBe("kept");
    expect(lost("sessions: { redis: 7 }")).toBe("broken");
    expect(lost("sessions: { redis: 7, objectives: { rpo: { region-loss: none } } }")).toBe("kept");
  });

  it("is unbounded for a database without a copy in the region that takes over", () => {
    for (const copy of ["", "eu-west-1"]) {
      expect(region("warm", "{ check: 30s, failures: 3, ttl: 60s }", copy)?.rto.predicted.kind).toBe("unbounded");
    }
  });
});

describe("data without a backup", () => {
  it("is lost with the volume of a component, and with a bucket in the cluster", () => {
    const chroma = rack(3, web("volumes: { data: { mount: /data, size: 5Gi, persistent: true } }"));
    expect(rowOf(chroma, "volume-loss", "web/data").rpo.verdict).toBe("broken");
    const files = (provide: string) =>
      aws(
        `provide: ${provide}\n${web("calls: [files]")}\nstores: { files: { bucket: true, backups: { full: daily keep 90d } } }`,
      );
    expect(rowOf(files("in-cluster"), "bucket-loss", "files").rpo.verdict).toBe("broken");
    expect(rowOf(files("managed"), "bucket-loss", "files").rpo.verdict).toBe("kept");
  });
});

describe("what a volume survives", () => {
  const file = (volumes: string, storage = "") => `
cluster: { ${volumes}${storage} }
provide: in-cluster
services:
  web: { image: registry.example.com/web:1.0.0, port: 8080, calls: [files], volumes: { data: { mount: /data, size: 5Gi, persistent: true } } }
stores: { files: { bucket: true }, db: { postgres: 17, standby: none }, own: { postgres: 17, standby: none, storageClass: other } }
objectives: { rto: 1h, rpo: 1m }
`;
  const verdicts = (sheet: ReturnType<typeof sheetOf>, fault: string, subject: string) => {
    const { rto, rpo } = rowOf(sheet, fault, subject);
    return [rto.verdict, rpo.verdict];
  };

  it.each([
    ["local", "broken", "broken"],
    ["zonal", "kept", "broken"],
    ["regional", "kept", "kept"],
  ])("decides the loss of a node and of a zone: %s", (volumes, node, zone) => {
    const sheet = aws(file(`volumes: ${volumes}`));
    for (const subject of ["web", "files", "db"]) {
      expect(verdicts(sheet, "node-loss", subject), `node-loss ${subject}`).toEqual([node, node]);
      expect(verdicts(sheet, "zone-loss", subject), `zone-loss ${subject}`).toEqual([zone, zone]);
    }
  });

  it("is that of the cloud's default class, and unknown for another class", () => {
    const byDefault = aws(file(""));
    expect(verdicts(byDefault, "node-loss", "db")).toEqual(["kept", "kept"]);
    expect(verdicts(byDefault, "node-loss", "own")).toEqual(["unknown", "unknown"]);
    const named = aws(file("", "storageClass: local-path"));
    for (const fault of ["node-loss", "zone-loss"])
      expect(verdicts(named, fault, "web"), fault).toEqual(["unknown", "unknown"]);
    expect(verdicts(aws(file("volumes: zonal, ", "storageClass: fast")), "node-loss", "web")).toEqual(["kept", "kept"]);
  });
});

describe("streams on Amazon MQ", () => {
  it("lose their messages: the product does not support them", () => {
    const broker = (queues: string) =>
      rowOf(
        aws(`stores: { events: { rabbitmq: "4.3", replicas: 3, queues: ${queues} } }\nobjectives: { rpo: 1m }`),
        "node-loss",
        "events",
      ).rpo.verdict;
    expect(broker("stream")).toBe("broken");
    expect(broker("quorum")).toBe("kept");
  });
});
