import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, keyNamed, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream } from "../support/gateway/upstream.js";

describe("API keys at the gateway", () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(
      planWith(`assistant: { upstreams: "${upstream.url}" }\nother: { upstreams: "${upstream.url}" }`),
    );
  });
  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  const chat = (bearer: string | undefined, model = "assistant"): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
    });
  const codeOf = async (answer: Response): Promise<unknown> =>
    ((await answer.json()) as { error: { code: string } }).error.code;

  it("are required, and looked up once", async () => {
    const none = await chat(undefined);
    expect([none.status, await codeOf(none)]).toEqual([401, "missing_api_key"]);
    expect(none.headers.get("www-authenticate")).toBe("Bearer");
    const wrong = await chat(keyNamed("wrong"));
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, "invalid_api_key"]);
    await Promise.all(Array.from({ length: 20 }, () => chat(key).then((answer) => answer.text())));
    const { lookups } = gateway.accounts;
    for (let count = 0; count < 20; count += 1) await chat(key).then((answer) => answer.text());
    expect(gateway.accounts.lookups).toBe(lookups);
  });

  it("that are mistyped are refused without a look-up", async () => {
    const { lookups } = gateway.accounts;
    const mistyped = `${key.slice(0, 20)}${key[20] === "x" ? "y" : "x"}${key.slice(21)}`;
    for (const invalid of ["garbage", "kls_short", mistyped, `${key}x`, key.replace("kls_", "kll_")]) {
      const answer = await chat(invalid);
      expect([answer.status, await codeOf(answer)]).toEqual([401, "invalid_api_key"]);
    }
    expect(gateway.accounts.lookups).toBe(lookups);
  });

  it("of a client are looked up in time although another one sends a flood of keys that do not exist", async () => {
    gateway.accounts.lookupMs = 1;
    const flood = Array.from({ length: 600 }, (_, index) => chat(keyNamed(`flood ${index}`)));
    gateway.accounts.add(keyNamed("fresh"), {});
    expect((await chat(keyNamed("fresh"))).status).toBe(200);
    expect(new Set((await Promise.all(flood)).map(({ status }) => status))).toEqual(new Set([401]));
    gateway.accounts.lookupMs = 0;
  });

  it("are refused as soon as they are revoked", async () => {
    gateway.accounts.add(keyNamed("short-lived"), {});
    expect((await chat(keyNamed("short-lived"))).status).toBe(200);
    gateway.accounts.revoke(keyNamed("short-lived"));
    expect((await chat(keyNamed("short-lived"))).status).toBe(401);
  });

  it("are accepted as soon as they are created, also when they were refused before", async () => {
    expect((await chat(keyNamed("not-yet"))).status).toBe(401);
    gateway.accounts.add(keyNamed("not-yet"), {});
    expect((await chat(keyNamed("not-yet"))).status).toBe(200);
  });

  it("are restricted to their scopes and models", async () => {
    gateway.accounts.add(keyNamed("accountant"), { scopes: ["usage"] });
    const scoped = await chat(keyNamed("accountant"));
    expect([scoped.status, await codeOf(scoped)]).toEqual([403, "scope_missing"]);
    gateway.accounts.add(keyNamed("narrow"), { models: ["other"] });
    const otherModel = await chat(keyNamed("narrow"));
    expect([otherModel.status, await codeOf(otherModel)]).toEqual([403, "model_not_allowed"]);
    expect((await chat(keyNamed("narrow"), "other")).status).toBe(200);
    const list = (await (
      await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${keyNamed("narrow")}` } })
    ).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(["other"]);
  });

  it("that cannot be checked are refused with 503, not as invalid", async () => {
    gateway.accounts.add(keyNamed("unchecked"), {});
    gateway.accounts.unavailable = true;
    const answer = await chat(keyNamed("unchecked"));
    gateway.accounts.unavailable = false;
    expect([answer.status, await codeOf(answer)]).toEqual([503, "accounts_unavailable"]);
    expect(answer.headers.get("retry-after")).toBe("2");
  }, 15_000);
});
