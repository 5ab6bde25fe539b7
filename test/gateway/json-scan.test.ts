import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanObject, textOf } from "../../src/runtime/gateway/json-scan.js";

const scan = (text: string, ...fields: string[]) => scanObject(Buffer.from(text), new Set(fields));

describe("finding fields without building the body", () => {
  it("finds what JSON.parse finds, with the exact bytes of each value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const bytes = Buffer.from(text);
        const names = new Set(Object.keys(object));
        const scanned = scanObject(bytes, names);
        if (!scanned.ok) throw new Error(scanned.message);
        expect([...scanned.fields.keys()].sort()).toEqual([...names].sort());
        for (const [name, { kind, start, end }] of scanned.fields) {
          const value: unknown = JSON.parse(bytes.toString("utf8", start, end));
          expect(value).toEqual(JSON.parse(text)[name]);
          const expected =
            value === null
              ? "null"
              : Array.isArray(value)
                ? "array"
                : typeof value === "boolean"
                  ? String(value)
                  : typeof value;
          expect(kind).toBe(expected);
          if (typeof value === "string") expect(textOf(bytes, start, end)).toBe(value);
        }
        expect(bytes[scanned.close]).toBe(0x7d);
      }),
    );
  });

  it("never throws, and never accepts an incomplete value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, at) => {
        const text = Buffer.from(JSON.stringify(object));
        const cut = text.subarray(0, at % text.length);
        expect(scanObject(cut, new Set(["a"])).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        scanObject(Buffer.from(bytes), new Set(["model"]));
      }),
    );
  });

  it("refuses a requested field that occurs twice, also when it is written with escapes", () => {
    expect(scan('{"model":"a","model":"b"}', "model")).toMatchObject({ ok: false });
    expect(scan('{"model":"a","mod\\u0065l":"b"}', "model")).toMatchObject({ ok: false });
    expect(scan('{"x":1,"x":2,"model":"b"}', "model")).toMatchObject({ ok: true });
  });

  it("refuses nesting above its limit in milliseconds, however deep", () => {
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const startedAt = performance.now();
    expect(scan(deep, "a")).toEqual({ ok: false, message: "the body is nested deeper than 256 levels" });
    expect(performance.now() - startedAt).toBeLessThan(50);
  });

  it("skips a string of ten million escaped quotes in linear time", () => {
    const text = Buffer.from(`{"a":"${'\\"'.repeat(5_000_000)}"}`);
    const startedAt = performance.now();
    expect(scanObject(text, new Set(["a"])).ok).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
