import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/platform-file/index.js";

/** `line:column code` of every diagnostic of a file. */
function reported(text: string): string[] {
  const reading = readPlatform({ file: "platform.yaml", text });
  return reading.diagnostics.map(({ origin, code }) => `${origin.line}:${origin.column} ${code}`);
}

describe("all errors of a file", () => {
  it("include an unknown reference beside an unknown key", () => {
    expect(reported('platform: x\nservices:\n  a: { image: "foo:1", calls: [databse], replcas: 3 }\n')).toEqual([
      "3:32 spec/unknown-reference",
      "3:42 spec/unknown-key",
    ]);
  });

  it("include a misspelled anchor, and not the merge that it prevents", () => {
    const text = 'platform: x\nx-a: &usual { replicas: 2 }\nservices: { a: { <<: [*usual, *usaul], image: "x:1" } }\n';
    expect(reported(text)).toEqual(["3:31 yaml/unknown-anchor"]);
  });

  it("include those below an invalid name", () => {
    expect(reported('platform: X_z\nservices:\n  A_b: { image: "foo:1", cpu: 2GB, port: 99999 }\n')).toEqual([
      "1:11 spec/value",
      "3:3 spec/name",
      "3:31 spec/unit",
      "3:42 spec/range",
    ]);
  });

  it("exclude references to components that are only invalid, not missing", () => {
    const store = 'stores:\n  db: { postgres: abc }\nservices:\n  a: { image: "foo:1", port: 80a, calls: [db, b_c] }\n';
    const service = '  b_c: { image: "foo:1", port: 8080, calls: [a] }\n';
    expect(reported(`platform: x\n${store}${service}`)).toEqual(["3:19 spec/unit", "5:30 spec/type", "6:3 spec/name"]);
  });

  it("include those after a duplicate key and those of both of its values", () => {
    const text = `platform: x
provide: kubernetes
services:
  gateway: { modules: [gateway], replcas: 2, expose: yes }
  accounts: { modules: [accounts], cpu: 2GB }
  accounts: { modules: [accounts], port: 99999 }
  job: { image: "foo:1", command: "rm -rf /", calls: [databse] }
stores:
  db: { postgres: 17, size: 20GB, size: 20Gi }
environments:
  production:
    services:
      gatway: { replicas: 3 }
`;
    expect(reported(text)).toEqual([
      "2:10 spec/value",
      "4:34 spec/unknown-key",
      "4:54 spec/type",
      "5:41 spec/unit",
      "6:3 yaml/duplicate-key",
      "6:42 spec/range",
      "7:35 spec/type",
      "7:55 spec/unknown-reference",
      "9:29 spec/unit",
      "9:35 yaml/duplicate-key",
      "13:7 spec/missing-key",
    ]);
  });

  it("exclude references between the two halves of a duplicate group", () => {
    const service = (name: string, calls: string) => `  ${name}: { image: "foo:1", port: 80, calls: [${calls}] }\n`;
    const twice = `platform: x\nservices:\n${service("a", "b")}services:\n${service("b", "db")}`;
    expect(reported(`${twice}stores: { db: { redis: 7 } }\n`)).toEqual(["4:1 yaml/duplicate-key"]);
  });

  it("exclude errors that only one value of a duplicate key causes", () => {
    const text = `platform: x
services:
  a: { image: "foo:1", calls: [{ to: b, port: grpc }] }
  b: { image: "foo:1", ports: { grpc: 9000 } }
  b: { image: "foo:2", port: 80 }
`;
    expect(reported(text)).toEqual(["5:3 yaml/duplicate-key"]);
  });

  it("include a name that an environment misspells, unless it may be complete", () => {
    const base = 'platform: x\nservices:\n  web: { image: "foo:1", prt: 1 }\nenvironments:\n  local:\n';
    expect(reported(`${base}    services: { wbe: { replicas: 1 } }\n`)).toEqual([
      "3:26 spec/unknown-key",
      "6:17 spec/missing-key",
    ]);
    expect(reported(`${base}    services: { job: { image: 5 } }\n`)).toEqual([
      "3:26 spec/unknown-key",
      "6:31 spec/type",
    ]);
  });

  it("include an unclosed brace once, with a hint", () => {
    const reading = readPlatform({ file: "platform.yaml", text: 'platform: x\nservices: { a: { image: "foo:1" ' });
    expect(reading.diagnostics.map(({ code }) => code)).toEqual(["yaml/syntax"]);
    expect(reading.diagnostics[0]?.hint).toMatch(/close every/);
  });

  it("are an empty file if it contains only `---`", () => {
    expect(reported("---\n")).toEqual(["1:1 yaml/empty"]);
  });
});
