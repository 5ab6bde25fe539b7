import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readInput } from "../../src/cli/use/conversation-input.js";

describe("a line of a conversation", () => {
  it.each([
    ["", { kind: "nothing" }],
    ["  ", { kind: "nothing" }],
    ["hello / there", { kind: "message", text: "hello / there" }],
    ["//etc/hosts", { kind: "message", text: "/etc/hosts" }],
    ["/help", { kind: "help" }],
    ["/model", { kind: "model", name: undefined }],
    ["/model  small ", { kind: "model", name: "small" }],
    ["/system Be brief. Be kind.", { kind: "system", text: "Be brief. Be kind." }],
    ["/clear", { kind: "clear" }],
    ["/quit", { kind: "exit" }],
    ["/hlep", { kind: "unknown", name: "/hlep" }],
  ])("%j is read as %j", (line, input) => {
    expect(readInput(line)).toEqual(input);
  });

  it("is never sent to the model if it starts with one slash", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = `/${text}`;
        fc.pre(!text.startsWith("/"));
        expect(readInput(line).kind).not.toBe("message");
      }),
    );
  });
});
