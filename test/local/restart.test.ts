import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { type Cleanups, keelson, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("keelson restart", () => {
  test("starts the platform again in the background, with the options and the data of its start", async () => {
    const cwd = workDirectory(cleanups);
    const port = await freePort();
    const started = await keelson(cwd, ["up", "starter", "--detach", "--json", "--port", String(port)]);
    cleanups.push(() => keelson(cwd, ["down"]));
    expect(started.code, started.err).toBe(0);
    const first = JSON.parse(started.out);
    const created = await keelson(cwd, ["keys", "create", "kept", "--json"]);

    const restarted = await keelson(cwd, ["restart", "--json"]);
    expect(restarted.code, restarted.err).toBe(0);
    const second = JSON.parse(restarted.out);
    expect(second).toMatchObject({ url: first.url, data: first.data, environment: first.environment });
    expect(second.pid).not.toBe(first.pid);
    const { keys } = JSON.parse((await keelson(cwd, ["keys", "list", "--json"])).out);
    expect(keys.map(({ id }: { id: string }) => id)).toContain(JSON.parse(created.out).id);
  }, 120_000);

  test("is an error if no platform runs", async () => {
    const { code, err } = await keelson(workDirectory(cleanups), ["restart"]);
    expect(code).toBe(1);
    expect(err).toContain("error platform/not-running");
  });
});
