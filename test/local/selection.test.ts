import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { type Cleanups, keelson, type Result, workDirectory } from "../support/local/keelson.js";

const PLATFORM = `
platform: shop
services: { keelson: { modules: [gateway, accounts, usage, dashboard], calls: [assistant, database], expose: true } }
models: { assistant: { engine: simulated } }
stores: { database: { postgres: 17, backups: { full: daily keep 2d, log: 1m keep 2d } } }
environments: { local: { provide: embedded }, staging: { provide: embedded } }
`;

const cleanups: Cleanups = [];
const urls: Record<string, string> = {};
let cwd: string;

beforeAll(async () => {
  cwd = workDirectory(cleanups);
  writeFileSync(join(cwd, "platform.yaml"), PLATFORM);
  for (const environment of ["local", "staging"]) {
    const started = await keelson(cwd, [
      "up",
      "-e",
      environment,
      "--detach",
      "--json",
      "--port",
      `${await freePort()}`,
    ]);
    cleanups.push(() => keelson(cwd, ["down", "-e", environment]));
    expect(started.code, started.err).toBe(0);
    urls[environment] = JSON.parse(started.out).url;
  }
}, 180_000);
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 60_000);

const run = (line: string, env: NodeJS.ProcessEnv = {}): Promise<Result> => keelson(cwd, line.split(" "), { env });
const json = async (line: string, env: NodeJS.ProcessEnv = {}) => {
  const { out, err } = await run(`${line} --json`, env);
  return out === "" ? err : JSON.parse(out);
};

describe("of two running platforms", () => {
  test("-e selects one, for every command that calls one", async () => {
    expect(await json("status -e staging")).toMatchObject({ environment: "staging", url: urls["staging"] });
    expect(await json("backups -e local")).toMatchObject({ place: join(cwd, ".keelson/shop-local/backups") });
    expect((await json("login -e staging")).url).toContain(urls["staging"]);
    await run("keys create of-staging -e staging");
    const names = async (environment: string) =>
      (await json(`keys list -e ${environment}`)).keys.map(({ name }: { name: string }) => name);
    expect([(await names("staging")).includes("of-staging"), (await names("local")).includes("of-staging")]).toEqual([
      true,
      false,
    ]);
    expect((await run("logs -e staging -n 1")).code).toBe(0);
    expect((await run("chat -e staging hello")).code).toBe(0);
  });

  test("none is selected without an option, and the error names the options", async () => {
    for (const line of ["status", "down", "restart", "backup", "keys list", "chat hello", "usage", "open"]) {
      const { code, err } = await run(line);
      expect([line, code]).toEqual([line, 2]);
      expect(err).toContain("error platform/several 2 platforms run in data directories below this directory");
      expect(err).toContain("select one: -e local or -e staging");
    }
    expect((await run("backups")).err).toContain("error data/unknown more than one data directory exists");
  });

  test("an environment in which none runs is an error that names those that run", async () => {
    const { code, err } = await run("down -e production");
    // Nothing to stop is a success, as without -e.
    expect([code, err]).toEqual([0, ""]);
    const status = await run("status -e production");
    expect(status.code).toBe(1);
    expect(status.err).toContain("error platform/not-running no platform is running in the environment production");
    expect(status.err).toContain("hint: running: shop (local), shop (staging)");
    const other = await run("status --data .keelson/shop-local -e staging");
    expect(other.err).toContain("error platform/not-running no platform is running in the environment staging on");
    expect((await run("drills -e production")).err).toContain(
      "error data/unknown no data directory of the environment",
    );
  });

  test("an option on the command line precedes KEELSON_URL; both options together are an error", async () => {
    const elsewhere = { KEELSON_URL: "http://127.0.0.1:1", KEELSON_API_KEY: "kls_x" };
    expect((await run("keys list", elsewhere)).err).toContain("error platform/unreachable");
    expect((await run("keys list -e local", elsewhere)).code).toBe(0);
    expect((await run("keys list --data .keelson/shop-local", elsewhere)).code).toBe(0);
    const both = await run("keys list --url http://127.0.0.1:1 -e local");
    expect([both.code, both.err]).toEqual([2, expect.stringContaining("cannot be used with option")]);
  });

  test("a key in the environment replaces the operator token only together with an address", async () => {
    const wrong = { KEELSON_API_KEY: "kls_wrong" };
    expect((await run("keys list -e local", wrong)).code).toBe(0);
    expect((await run("chat -e local hello", wrong)).err).toContain("error");
    expect((await run("keys list -e local --key kls_wrong")).err).toContain("error credential/invalid");
  });
});

test("of two stopped platforms, -e selects the data", async () => {
  await run("down -e local");
  await run("down -e staging");
  expect((await run("backups")).err).toContain("error data/unknown more than one data directory exists");
  expect(await json("backups -e staging")).toMatchObject({ place: join(cwd, ".keelson/shop-staging/backups") });
});
