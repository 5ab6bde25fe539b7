import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/platform-file/index.js";

/** `line:column code` of everything that is said of a file. */
function told(text: string): string[] {
  const reading = readPlatform({ file: "platform.yaml", text });
  return reading.diagnostics.map(({ origin, code }) => `${origin.line}:${origin.column} ${code}`);
}

describe("every error at once", () => {
  it("tells of a dangling reference beside a misspelled key", () => {
    expect(told('platform: x\nservices:\n  a: { image: "foo:1", calls: [databse], replcas: 3 }\n')).toEqual([
      "3:32 spec/unknown-reference",
      "3:42 spec/unknown-key",
    ]);
  });

  it("tells of a misspelled anchor where it is merged, and not that nothing is merged then", () => {
    const text = 'platform: x\nx-a: &usual { replicas: 2 }\nservices: { a: { <<: [*usual, *usaul], image: "x:1" } }\n';
    expect(told(text)).toEqual(["3:31 yaml/unknown-anchor"]);
  });

  it("reads what stands under a name that is no name", () => {
    expect(told('platform: X_z\nservices:\n  A_b: { image: "foo:1", cpu: 2GB, port: 99999 }\n')).toEqual([
      "1:11 spec/value",
      "3:3 spec/name",
      "3:31 spec/unit",
      "3:42 spec/range",
    ]);
  });

  it("says nothing of what is missing only because it was wrong", () => {
    const store = 'stores:\n  db: { postgres: abc }\nservices:\n  a: { image: "foo:1", port: 80a, calls: [db, b_c] }\n';
    const service = '  b_c: { image: "foo:1", port: 8080, calls: [a] }\n';
    expect(told(`platform: x\n${store}${service}`)).toEqual(["3:19 spec/unit", "5:30 spec/type", "6:3 spec/name"]);
  });

  it("goes on behind keys that are written twice, and reads both of their values", () => {
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
    expect(told(text)).toEqual([
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

  it("says of a group that is written twice nothing but that: what stands in one is known in the other", () => {
    const service = (name: string, calls: string) => `  ${name}: { image: "foo:1", port: 80, calls: [${calls}] }\n`;
    const twice = `platform: x\nservices:\n${service("a", "b")}services:\n${service("b", "db")}`;
    expect(told(`${twice}stores: { db: { redis: 7 } }\n`)).toEqual(["4:1 yaml/duplicate-key"]);
  });

  it("blames neither of two values for what is right with the other", () => {
    const text = `platform: x
services:
  a: { image: "foo:1", calls: [{ to: b, port: grpc }] }
  b: { image: "foo:1", ports: { grpc: 9000 } }
  b: { image: "foo:2", port: 80 }
`;
    expect(told(text)).toEqual(["5:3 yaml/duplicate-key"]);
  });

  it("tells of a name that an environment misspells beside other errors, and not when it may have been whole", () => {
    const base = 'platform: x\nservices:\n  web: { image: "foo:1", prt: 1 }\nenvironments:\n  local:\n';
    expect(told(`${base}    services: { wbe: { replicas: 1 } }\n`)).toEqual([
      "3:26 spec/unknown-key",
      "6:17 spec/missing-key",
    ]);
    expect(told(`${base}    services: { job: { image: 5 } }\n`)).toEqual(["3:26 spec/unknown-key", "6:31 spec/type"]);
  });

  it("names an unclosed brace once, and says what to do", () => {
    const reading = readPlatform({ file: "platform.yaml", text: 'platform: x\nservices: { a: { image: "foo:1" ' });
    expect(reading.diagnostics.map(({ code }) => code)).toEqual(["yaml/syntax"]);
    expect(reading.diagnostics[0]?.hint).toMatch(/close every/);
  });

  it("calls a file that is only a document's beginning empty", () => {
    expect(told("---\n")).toEqual(["1:1 yaml/empty"]);
  });
});
