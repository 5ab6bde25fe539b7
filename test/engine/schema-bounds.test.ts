import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refused } from "../../src/runtime/engine/child/inference.js";
import { requireBoundedSchema } from "../../src/runtime/engine/child/schema-bounds.js";
import { simulatedInstance } from "../../src/runtime/engine/child/simulated-schema.js";
import { toolsOf } from "../../src/runtime/engine/child/tools.js";

const nested = (levels: number): unknown =>
  levels === 0 ? { type: "string" } : { type: "object", properties: { next: nested(levels - 1) } };

const list = (minItems: number, items: object, $defs: object = {}): object => ({
  type: "array",
  minItems,
  items,
  $defs,
});

const wide = { type: "object", properties: Object.fromEntries(Array.from({ length: 5_001 }, (_, n) => [`p${n}`, {}])) };

const size = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 2 ** 31 - 1 }));
const scalar = fc.record(
  {
    type: fc.constantFrom("string", "integer", "number", "boolean", "null"),
    minLength: size,
    maxLength: size,
    minimum: fc.double(),
    $ref: fc.constantFrom("#", "#/properties/a", "#/items"),
  },
  { requiredKeys: [] },
);

/** Any schema of common keywords, with values of any size. */
const anySchema: fc.Arbitrary<unknown> = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    scalar,
    fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: size, maxItems: size }),
    fc.record({ type: fc.constant("object"), properties: fc.dictionary(fc.constantFrom("a", "b"), tie("schema")) }),
    fc.record({ anyOf: fc.array(tie("schema"), { maxLength: 2 }) }),
  ),
})).schema;

describe("a JSON schema that output must follow", () => {
  it.each([
    ["minItems", { type: "array", minItems: 2_000_000_000 }],
    ["minLength", { type: "object", properties: { a: { type: "string", minLength: 1e12 } } }],
    ["maxItems", { type: "array", items: { maxItems: 1e9 } }],
    ["maxLength", { anyOf: [{ type: "string", maxLength: 1e9 }] }],
    ["levels", nested(25)],
    ["properties", wide],
    ["values of `enum`", { enum: Array.from({ length: 1_001 }, (_, n) => n) }],
    ["characters", { description: "x".repeat(120_001) }],
    ["pattern", { type: "string", pattern: "(a+)+".repeat(200) }],
    ["required elements", list(900, list(900, {}))],
    ["required elements", list(900, { $ref: "#/$defs/row" }, { row: list(900, {}) })],
    ["required elements", { anyOf: Array.from({ length: 20 }, () => list(900, {})) }],
  ])("is refused beyond the limit of %s, with the field", (what, schema) => {
    const started = performance.now();
    expect(() => requireBoundedSchema(schema, "response_format")).toThrow(
      expect.objectContaining({ name: "Refused", param: "response_format", message: expect.stringContaining(what) }),
    );
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("shares the limits with the other schemas of its request", () => {
    const parameters = { type: "object", properties: { rows: list(30, list(30, {})) } };
    const tools = Array.from({ length: 128 }, (_, n) => ({
      type: "function",
      function: { name: `t${n}`, parameters },
    }));
    expect(toolsOf({ tools: tools.slice(0, 8) })?.offered).toHaveLength(8);
    expect(() => toolsOf({ tools })).toThrow(expect.objectContaining({ name: "Refused" }));
  });

  it("may have the sizes that real ones have, and names that are keywords", () => {
    const schema = {
      type: "object",
      properties: { minItems: { type: "integer" }, enum: { enum: ["a", "b"] }, list: { type: "array", maxItems: 100 } },
      required: ["minItems", "enum"],
    };
    expect(() => requireBoundedSchema(schema, "response_format")).not.toThrow();
    expect(() => requireBoundedSchema(nested(10), "response_format")).not.toThrow();
    expect(simulatedInstance(schema)).toEqual({ minItems: 0, enum: "a" });
  });

  it.each([
    ["nested lists of objects", list(90, list(100, { required: [..."abc"], properties: { a: {}, b: {}, c: {} } }))],
    ["a list of long texts", { type: "array", minItems: 1_000, items: { type: "string", minLength: 10_000 } }],
    [
      "references to itself",
      { properties: Object.fromEntries([..."abcdefghij"].map((name) => [name, { $ref: "#" }])) },
    ],
  ])("is refused by the simulator if even its smallest value is too large: %s", (_, schema) => {
    expect(() => requireBoundedSchema(schema, "response_format")).not.toThrow();
    expect(() => simulatedInstance(schema)).toThrow(Refused);
  });

  it("is filled or refused in a short time, whatever it requires", () => {
    fc.assert(
      fc.property(anySchema, (schema) => {
        const started = performance.now();
        try {
          requireBoundedSchema(schema, "response_format");
          expect(JSON.stringify(simulatedInstance(schema)).length).toBeLessThan(5_000_000);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
        expect(performance.now() - started).toBeLessThan(2_000);
      }),
      { numRuns: 200 },
    );
  });
});
