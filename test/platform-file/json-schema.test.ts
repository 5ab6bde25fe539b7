import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { platformJsonSchema } from "../../src/platform-file/json-schema.js";

const schema = platformJsonSchema();
const ajv = new Ajv2020({ strict: false, allErrors: true });
const validate = ajv.compile({ ...schema });

const accepts = (text: string): boolean => validate(parse(text, { merge: true }));

describe("the published JSON Schema", () => {
  it("is draft 2020-12 and has an id", () => {
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema["$id"]).toBe("urn:keelson:platform-file");
  });

  it.each(["starter", "aiaas"])("accepts the blueprint %s, which refers to it for editors", (name) => {
    const text = readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8");
    expect(accepts(text), JSON.stringify(validate.errors)).toBe(true);
    expect(text).toMatch(/^# yaml-language-server: \$schema=/);
  });

  it("equals the file in the repository to which the blueprints refer", () => {
    const file = new URL("../../schema/platform.schema.json", import.meta.url);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it.each([
    ["a duration without its unit", "platform: a\nobjectives: { rpo: 5 }"],
    ["an unknown key", "platform: a\nservces: {}"],
    ["an unknown key in an environment", "platform: a\nenvironments: { local: { servces: {} } }"],
    ["a platform without a name", "services: {}"],
    ["a store of no kind", "platform: a\nstores: { db: { size: 5Gi } }"],
    ["a name in capitals", "platform: Shop"],
  ])("refuses %s", (_, text) => expect(accepts(text)).toBe(false));

  it.each([
    [
      "shorthand and long form",
      "platform: a\nservices: { web: { image: x, expose: true }, api: { image: x, expose: { path: /api } } }",
    ],
    [
      "a range and a number",
      "platform: a\nservices: { a: { image: x, replicas: 2..10 }, b: { image: x, replicas: 3 } }",
    ],
    [
      "null in an environment",
      "platform: a\nenvironments: { local: { stores: { db: null }, services: { a: { scale: null } } } }",
    ],
    [
      "a difference that says one thing only",
      "platform: a\nenvironments: { local: { stores: { db: { size: 5Gi } } } }",
    ],
    ["a place for anchors", "platform: a\nx-anything: [1, 2]"],
  ])("accepts %s", (_, text) => expect(accepts(text), JSON.stringify(validate.errors)).toBe(true));

  it("describes every setting", () => {
    const silent: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (Array.isArray(node)) for (const inner of node) visit(inner, path);
      if (typeof node !== "object" || node === null || Array.isArray(node)) return;
      for (const [key, value] of Object.entries(node)) {
        if (key !== "properties" || path.endsWith("/properties")) {
          visit(value, `${path}/${key}`);
          continue;
        }
        for (const [field, said] of Object.entries(Object(value))) {
          if (!("description" in Object(said))) silent.push(`${path}/${field}`);
          visit(said, `${path}/properties/${field}`);
        }
      }
    };
    visit(schema["properties"], "");
    expect(silent).toEqual([]);
  });
});
