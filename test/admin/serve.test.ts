import Fastify from "fastify";
import { expect, test } from "vitest";
import { z } from "zod";
import { OPERATOR } from "../../src/contracts/authority.js";
import { defineRoute } from "../../src/contracts/route.js";
import { serve } from "../../src/runtime/admin/index.js";

test("a route that is not in the list of all routes cannot be served", () => {
  const unlisted = {
    readSecrets: defineRoute({
      method: "GET",
      path: "/admin/secrets",
      summary: "Read all secrets",
      tag: "secrets",
      authority: OPERATOR,
      json: z.null(),
    }),
  };
  const app = Fastify();
  expect(() => serve(app, unlisted, { readSecrets: async () => null })).toThrow("does not list GET /admin/secrets");
  expect(app.hasRoute({ method: "GET", url: "/admin/secrets" })).toBe(false);
});
