import { describe, expect, test } from "vitest";
import { readError } from "../../src/contracts/error.js";

describe("an error in a response body", () => {
  test("is read from the admin API", () => {
    const body = JSON.stringify({ error: { code: "key/unknown", message: "no such key", hint: "list the keys" } });
    expect(readError(body)).toEqual({ code: "key/unknown", message: "no such key", hint: "list the keys" });
  });

  test("is read from the OpenAI API, whose code may be null", () => {
    const body = JSON.stringify({ error: { message: "bad request", type: "invalid_request_error", code: null } });
    expect(readError(body)).toEqual({ code: undefined, message: "bad request", hint: undefined });
  });

  test.each(["", "<html>", "null", "{}", '{"error":"text"}', '{"error":{}}'])("is absent from %j", (body) => {
    expect(readError(body)).toBeUndefined();
  });
});
