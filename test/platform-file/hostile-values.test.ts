import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/platform-file/index.js";

const errorsOf = (settings: string): readonly string[] => {
  const read = readPlatform({ file: "platform.yaml", text: `platform: shop\n${settings}\n` });
  return read.ok ? [] : read.diagnostics.map(({ message }) => message);
};

/** Where a text of the file's author reaches labels, comments of reviews and annotations of alerts. */
const LABELS: Readonly<Record<string, (text: string) => string>> = {
  region: (text) => `regions: ${text}`,
  "primary region": (text) => `regions: { primary: ${text} }`,
  "standby region": (text) => `regions: { primary: a, standby: [${text}] }`,
  zone: (text) => `zones: [a, ${text}]`,
  "instance type": (text) => `nodes: { base: { type: ${text}, count: 1 } }`,
  "region of a replica": (text) => `stores: { db: { postgres: 17, copy: ${text} } }`,
  "region of a bucket": (text) => `stores: { files: { bucket: { copy: ${text} } } }`,
};

describe("a name of the file that is written for other systems", () => {
  it.each(Object.entries(LABELS))("is the value of a label of nodes: %s", (_, settings) => {
    expect(errorsOf(settings("us-east-1a"))).toEqual([]);
    for (const text of ['"{{ . }}"', '"@ana"', '"a|b"', '"<img>"', '"a\\n::error::b"', '""', `"${"a".repeat(64)}"`])
      expect(errorsOf(settings(text)), text).not.toEqual([]);
  });

  it("is a receiver that exists, because a recovery counts with the person behind it", () => {
    const routes = (text: string) => errorsOf(`observe: { metrics: prometheus, routes: { critical: ${text} } }`);
    for (const text of ["pagerduty", "constructor", "Team A", '"#alerts"']) expect(routes(text)).toEqual([]);
    for (const text of ["none", "'false'", '""', '"a\\nb"', '"-a"', `"${"a".repeat(64)}"`])
      expect(routes(text), text).toHaveLength(1);
  });
});

/** Every member is placed by itself. */
const MEMBERS: Readonly<Record<string, (count: number) => string>> = {
  nodes: (count) => `nodes: { base: { type: m5.large, count: ${count} } }`,
  "replicas of a service": (count) => `services: { web: { modules: [gateway], replicas: 1..${count} } }`,
  "readers of a database": (count) => `stores: { db: { postgres: 17, readers: ${count} } }`,
  "servers of a database": (count) => `stores: { db: { postgres: 17, replicas: ${count} } }`,
  "servers of a broker": (count) => `stores: { jobs: { rabbitmq: "4.0", replicas: ${count} } }`,
  "shards of a cache": (count) => `stores: { cache: { redis: 7, shards: ${count} } }`,
  "replicas of a shard": (count) => `stores: { cache: { redis: 7, shards: 3, replicas: ${count} } }`,
};

describe("a number of members", () => {
  it.each(Object.entries(MEMBERS))("is bounded: %s", (_, settings) => {
    expect(errorsOf(settings(3))).toEqual([]);
    for (const count of [1_000_000, 999_999_999]) expect(errorsOf(settings(count))).toHaveLength(1);
  });
});
