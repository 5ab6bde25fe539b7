import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Health,
  MAX_FAILURES,
  MAX_UNANSWERED,
  meaningOf,
  type Result,
  resultOfError,
  resultOfStatus,
} from "../../src/runtime/gateway/routing/health.js";

const NOW = 1_000_000;

function recordAll(health: Health, results: readonly Result[], waitedMs = 5_000): void {
  for (const result of results) health.record(result, NOW, waitedMs, result === "succeeded" ? 20 : undefined);
}

describe("the meaning of an attempt's result", () => {
  it.each([
    { status: 200, outcome: "success", retry: "never", fallsBack: false },
    { status: 201, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 204, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 301, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 307, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 400, outcome: "success", retry: "never", fallsBack: false },
    { status: 401, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 403, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 404, outcome: "rejected", retry: "elsewhere", fallsBack: true },
    { status: 408, outcome: "rejected", retry: "elsewhere", fallsBack: true },
    { status: 422, outcome: "success", retry: "never", fallsBack: false },
    { status: 429, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 500, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 503, outcome: "failure", retry: "elsewhere", fallsBack: true },
    { status: 529, outcome: "failure", retry: "elsewhere", fallsBack: true },
  ])("of status $status: $outcome, retry $retry, fallback $fallsBack", ({ status, ...meaning }) => {
    expect(meaningOf(resultOfStatus(status, false))).toEqual(meaning);
  });

  it("of 503 with Retry-After: not processed, so it is retried until the deadline and ejects nothing", () => {
    expect(meaningOf(resultOfStatus(503, true))).toEqual({
      outcome: "rejected",
      retry: "until-deadline",
      fallsBack: true,
    });
  });

  it.each([
    { code: "ECONNREFUSED", result: "never-sent", retry: "until-deadline" },
    { code: "UND_ERR_CONNECT_TIMEOUT", result: "never-sent", retry: "until-deadline" },
    { code: "UND_ERR_SOCKET", result: "connection-lost", retry: "anywhere" },
    { code: "UND_ERR_HEADERS_TIMEOUT", result: "timed-out", retry: "elsewhere" },
  ])("of the error $code: $result, retry $retry", ({ code, result, retry }) => {
    const found = resultOfError(Object.assign(new Error("failed"), { code }), true);
    expect(found).toBe(result);
    expect(meaningOf(found)).toMatchObject({ outcome: "failure", retry });
  });

  it.each(["ETIMEDOUT", "CERT_HAS_EXPIRED", "ECONNRESET"])("of %s before anything was sent: never sent", (code) => {
    expect(resultOfError(Object.assign(new Error("failed"), { code }), false)).toBe("never-sent");
  });

  it.each(["EMFILE", "EADDRNOTAVAIL"])("of %s: a limit of this process, and no failure of the server", (code) => {
    const found = resultOfError(Object.assign(new Error("failed"), { code }), false);
    expect(meaningOf(found)).toMatchObject({ outcome: "neutral", retry: "until-deadline" });
  });
});

describe("the health of a server", () => {
  it("ejects it after consecutive failures, longer each time up to 30 s", () => {
    const health = new Health();
    recordAll(health, Array<Result>(MAX_FAILURES - 1).fill("server-error"));
    expect(health.ejectedUntil).toBe(0);
    let now = NOW;
    const times = Array.from({ length: 8 }, () => {
      health.record("server-error", now, 5_000, undefined);
      const ejectionMs = health.ejectedUntil - now;
      now = health.ejectedUntil;
      return ejectionMs;
    });
    expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    recordAll(health, ["succeeded", "server-error", "server-error"]);
    expect(health.errors).toBe(MAX_FAILURES - 1 + 8 + 2);
  });

  it("ejects it once for all requests in flight that fail while it is ejected, whatever their number", () => {
    const failure = fc.constantFrom<Result>("connection-lost", "never-sent", "server-error", "timed-out");
    const late = fc.array(fc.record({ result: failure, afterMs: fc.nat(999) }), { maxLength: 100 });
    fc.assert(
      fc.property(late, (failures) => {
        const health = new Health();
        recordAll(health, Array<Result>(MAX_FAILURES).fill("connection-lost"));
        for (const { result, afterMs } of failures) health.record(result, NOW + afterMs, 5_000, undefined);
        expect(health.ejectedUntil).toBe(NOW + 1_000);
        health.record("connection-lost", NOW + 1_000, 5_000, undefined);
        expect(health.ejectedUntil).toBe(NOW + 1_000 + 2_000);
      }),
    );
  });

  it("ejects it for one second again after a success", () => {
    const health = new Health();
    let now = NOW;
    for (let count = 0; count < MAX_FAILURES + 4; count += 1) {
      health.record("server-error", now, 5_000, undefined);
      now = Math.max(now, health.ejectedUntil);
    }
    health.record("succeeded", now, 100, 20);
    for (let count = 0; count < MAX_FAILURES; count += 1) health.record("server-error", now, 5_000, undefined);
    expect(health.ejectedUntil).toBe(now + 1_000);
  });

  it("counts no status below 400 except 200 as a success", () => {
    fc.assert(
      fc.property(fc.integer({ min: 201, max: 399 }), fc.boolean(), (status, hasRetryAfter) => {
        expect(meaningOf(resultOfStatus(status, hasRetryAfter)).outcome).toBe("failure");
      }),
    );
  });

  it("ejects a server that fails, although clients disconnect from its unfinished responses in between", () => {
    const health = new Health();
    for (let count = 0; count < MAX_FAILURES; count += 1) recordAll(health, ["server-error", "left-mid-response"]);
    expect(health.ejectedUntil).toBe(NOW + 1_000);
  });

  it("ejects a server that refuses the gateway's credentials", () => {
    const health = new Health();
    recordAll(health, Array<Result>(MAX_FAILURES).fill("unauthorised"));
    expect(health.ejectedUntil).toBeGreaterThan(NOW);
  });

  it("ejects a server that hangs, although every client disconnects before its timeout", () => {
    const health = new Health();
    recordAll(health, ["succeeded"]);
    recordAll(health, Array<Result>(MAX_UNANSWERED - 1).fill("abandoned"));
    expect(health.ejectedUntil).toBe(0);
    recordAll(health, ["abandoned"]);
    expect(health.ejectedUntil).toBeGreaterThan(NOW);
  });

  it("does not eject a server whose clients disconnect at once, or that responds to others in between", () => {
    const impatient = new Health();
    recordAll(impatient, Array<Result>(100).fill("abandoned"), 100);
    expect(impatient.ejectedUntil).toBe(0);
    const shared = new Health();
    for (let count = 0; count < 100; count += 1) recordAll(shared, ["abandoned", "abandoned", "succeeded"]);
    expect(shared.ejectedUntil).toBe(0);
  });

  it("changes nothing for an attempt that the gateway itself discarded", () => {
    const health = new Health();
    recordAll(health, ["server-error", "server-error", "discarded", "server-error"]);
    expect(health.ejectedUntil).toBeGreaterThan(NOW);
  });

  it("measures the time to the first byte and the duration of a request separately", () => {
    const health = new Health();
    health.record("succeeded", NOW, 3_000, 40);
    health.record("client-error", NOW, 1, 1);
    expect(health).toMatchObject({ timeToFirstByteMs: 40, durationMs: 3_000 });
  });

  it("never ejects a server without failures, and never any for longer than 30 s", () => {
    const result = fc.constantFrom<Result>(
      "succeeded",
      "client-error",
      "left-mid-response",
      "redirected",
      "not-ready",
      "not-found",
      "server-error",
      "never-sent",
      "abandoned",
      "discarded",
    );
    fc.assert(
      fc.property(fc.array(result, { maxLength: 80 }), (results) => {
        const health = new Health();
        recordAll(health, results);
        expect(health.ejectedUntil).toBeLessThanOrEqual(NOW + 30_000);
        const bad = results.filter((each) => ["failure", "unanswered"].includes(meaningOf(each).outcome));
        if (bad.length < MAX_FAILURES) expect(health.ejectedUntil).toBe(0);
      }),
    );
  });
});
