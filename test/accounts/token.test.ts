import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createToken, hashToken, isToken, prefixOf } from "../../src/runtime/accounts/token.js";

describe("a token", () => {
  test("starts with its kind, and is never created twice", () => {
    const tokens = Array.from({ length: 2_000 }, () => createToken("kls"));
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const token of tokens) expect(token).toMatch(/^kls_[0-9A-Za-z]{49}$/);
  });

  test("is recognised as its own kind only", () => {
    for (const kind of ["kls", "kll", "kse"] as const)
      for (const other of ["kls", "kll", "kse"] as const)
        expect(isToken(other, createToken(kind))).toBe(kind === other);
  });

  test("with a character mistyped, swapped, lost or added is rejected", () => {
    const place = fc.nat(52);
    fc.assert(
      fc.property(place, fc.constantFrom(..."0123456789ABCDEFabcdefxyzXYZ -_é"), (at, character) => {
        const token = createToken("kls");
        const broken = [
          token.slice(0, at) + character + token.slice(at + 1),
          token.slice(0, at) + token.slice(at + 1, at + 2) + token.charAt(at) + token.slice(at + 2),
          token.slice(0, at) + token.slice(at + 1),
          token.slice(0, at) + character + token.slice(at),
        ];
        for (const each of broken) if (each !== token) expect(isToken("kls", each)).toBe(false);
      }),
    );
  });

  test("is never recognised in random text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => !isToken("kls", text)));
  });

  test("shows at most 8 of its 43 secret characters", () => {
    const token = createToken("kls");
    expect(prefixOf(token)).toBe(token.slice(0, "kls_".length + 8));
    expect(hashToken(token)).toMatch(/^[0-9a-f]{64}$/);
  });
});
