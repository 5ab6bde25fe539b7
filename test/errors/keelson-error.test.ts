import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeelsonError } from "../../src/errors/keelson-error.js";
import { messageOf, toError } from "../../src/errors/thrown.js";

describe("KeelsonError", () => {
  it("takes its exit code and default hint from the catalogue", () => {
    const error = new KeelsonError("connection/key", "no key");
    expect(error).toMatchObject({
      exitCode: 2,
      hint: "give one with --key, or in KEELSON_API_KEY; `keelson keys create` on its machine creates one",
    });
    expect(error.report()).toBe(`error connection/key no key\n  hint: ${error.hint}`);
  });

  it("prefers the hint of the place that reports it", () => {
    expect(new KeelsonError("connection/key", "no key", { hint: "ask an owner" }).hint).toBe("ask an owner");
  });

  it("keeps its cause", () => {
    const cause = new Error("ECONNREFUSED");
    expect(new KeelsonError("connection/refused", "no", { cause }).cause).toBe(cause);
  });

  it("keeps the code that another process reported, if this release lists it", () => {
    expect(KeelsonError.fromReport("drill/running", "a drill is in progress", "wait")).toMatchObject({
      code: "drill/running",
      message: "a drill is in progress",
      hint: "wait",
      exitCode: 1,
    });
  });

  it("names a code of another release in its message", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        const error = KeelsonError.fromReport(`new/${name}`, "failed");
        expect(error).toMatchObject({ code: "platform/unlisted-error", message: `new/${name}: failed` });
      }),
    );
  });
});

describe("a thrown value", () => {
  it("is its own error if it is one", () => {
    const error = new TypeError("x");
    expect(toError(error)).toBe(error);
    expect(messageOf(error)).toBe("x");
  });

  it("of any other type becomes an error with the value as its cause", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant(undefined)), (thrown) => {
        expect(toError(thrown)).toMatchObject({ message: String(thrown), cause: thrown });
        expect(messageOf(thrown)).toBe(String(thrown));
      }),
    );
  });

  it("that failed at every address of a host has the message of the first", () => {
    expect(messageOf(new AggregateError([new Error("connect ECONNREFUSED ::1:80"), new Error("other")]))).toBe(
      "connect ECONNREFUSED ::1:80",
    );
    expect(messageOf(new AggregateError([new Error("a")], "all failed"))).toBe("all failed");
  });
});
