import { describe, expect, test } from "vitest";
import type { Actor } from "../../src/contracts/credentials.js";
import { KeelsonError } from "../../src/errors/keelson-error.js";
import { RecentSessions } from "../../src/runtime/admin/recent-sessions.js";

const actor: Actor = { name: "user:usr_1", organisation: "default", role: "owner", scopes: ["admin"], operator: true };
const unavailable = async (): Promise<Actor> => {
  throw new KeelsonError("database/unavailable", "PostgreSQL cannot be reached");
};

/** Sessions of which `a` was looked up successfully at time 0. */
async function withRecent() {
  const clock = { now: 0 };
  const sessions = new RecentSessions(() => clock.now);
  await sessions.lookUp("a", true, async () => actor);
  return { sessions, clock };
}

describe("a session that was valid within the last five minutes", () => {
  test("is accepted while the database is unreachable, to read and for drills", async () => {
    const { sessions, clock } = await withRecent();
    clock.now = 5 * 60_000;
    expect(await sessions.lookUp("a", true, unavailable)).toEqual(actor);
  });

  test("is accepted without waiting for a look-up that does not end", async () => {
    const { sessions } = await withRecent();
    expect(await sessions.lookUp("a", true, () => new Promise(() => undefined))).toEqual(actor);
  });

  test("is not accepted for other changes", async () => {
    const { sessions } = await withRecent();
    await expect(sessions.lookUp("a", false, unavailable)).rejects.toMatchObject({ code: "database/unavailable" });
  });

  test("is not accepted once a look-up has found that it ended", async () => {
    const { sessions } = await withRecent();
    expect(await sessions.lookUp("a", true, async () => undefined)).toBeUndefined();
    await expect(sessions.lookUp("a", true, unavailable)).rejects.toMatchObject({ code: "database/unavailable" });
  });
});

describe("a session", () => {
  test("is not accepted after five minutes, however often it was accepted meanwhile", async () => {
    const { sessions, clock } = await withRecent();
    clock.now = 4 * 60_000;
    await sessions.lookUp("a", true, unavailable);
    clock.now = 5 * 60_000 + 1;
    await expect(sessions.lookUp("a", true, unavailable)).rejects.toMatchObject({ code: "database/unavailable" });
  });

  test("that was never looked up is not accepted while the database is unreachable", async () => {
    const { sessions } = await withRecent();
    await expect(sessions.lookUp("b", true, unavailable)).rejects.toMatchObject({ code: "database/unavailable" });
  });

  test("keeps its errors other than unavailability", async () => {
    const { sessions } = await withRecent();
    await expect(sessions.lookUp("a", true, () => Promise.reject(new Error("defect")))).rejects.toThrow("defect");
  });
});
