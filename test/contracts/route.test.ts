import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  ADMIN,
  ANONYMOUS,
  type Authority,
  missingRight,
  type Rights,
  ROLES,
  SCOPES,
} from "../../src/contracts/authority.js";
import { defineRoute, requestOf } from "../../src/contracts/route.js";
import { ALL_ROUTES } from "../../src/contracts/routes/index.js";

const readThing = defineRoute({
  method: "GET",
  path: "/things/:id/parts/:part",
  summary: "Read a part",
  tag: "things",
  authority: ANONYMOUS,
  params: z.strictObject({ id: z.string(), part: z.string() }),
  query: z.strictObject({ from: z.string().optional(), limit: z.number().optional() }),
});

describe("a route", () => {
  test("makes the path of a request from its parameters, whatever characters they contain", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ minLength: 1 }), (id, part) => {
        const { path } = requestOf(readThing, { params: { id, part }, query: {} });
        const segments = new URL(path, "http://x").pathname.split("/");
        // URL parsers resolve segments that are dots, encoded or not.
        fc.pre(!["..", "."].includes(id) && !["..", "."].includes(part));
        expect([segments.length, ...segments.slice(1).map(decodeURIComponent)]).toEqual([
          5,
          "things",
          id,
          "parts",
          part,
        ]);
      }),
    );
  });

  test("omits query parameters that are undefined", () => {
    const params = { id: "a", part: "b" };
    expect(requestOf(readThing, { params, query: { from: undefined, limit: 5 } }).path).toBe(
      "/things/a/parts/b?limit=5",
    );
    expect(requestOf(readThing, { params, query: {} })).toEqual({
      method: "GET",
      path: "/things/a/parts/b",
      body: undefined,
    });
  });

  test("has a method and path of its own", () => {
    const names = ALL_ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

const rights: fc.Arbitrary<Rights> = fc.record({
  role: fc.constantFrom(...ROLES),
  scopes: fc.subarray([...SCOPES]),
  operator: fc.boolean(),
});
const actorAuthority: fc.Arbitrary<Extract<Authority, { kind: "actor" }>> = fc.record({
  kind: fc.constant("actor"),
  scope: fc.constantFrom("admin", "usage"),
  role: fc.constantFrom(...ROLES),
  operator: fc.boolean(),
});

describe("an authority", () => {
  test("that admits a caller also admits one with more rights", () => {
    fc.assert(
      fc.property(actorAuthority, rights, rights, (authority, some, other) => {
        const union: Rights = {
          role: ROLES.indexOf(some.role) > ROLES.indexOf(other.role) ? some.role : other.role,
          scopes: [...new Set([...some.scopes, ...other.scopes])],
          operator: some.operator || other.operator,
        };
        if (missingRight(authority, some) === undefined) expect(missingRight(authority, union)).toBeUndefined();
      }),
    );
  });

  test.each<[Rights, ReturnType<typeof missingRight>]>([
    [{ role: "admin", scopes: ["admin"], operator: false }, undefined],
    [
      { role: "member", scopes: ["admin"], operator: false },
      { kind: "role", required: "admin" },
    ],
    [
      { role: "owner", scopes: ["inference", "usage"], operator: true },
      { kind: "scope", required: "admin" },
    ],
  ])("for admins, and a caller with %j: missing %j", (caller, missing) => {
    if (ADMIN.kind !== "actor") throw new Error("admins are actors");
    expect(missingRight(ADMIN, caller)).toEqual(missing);
  });
});
