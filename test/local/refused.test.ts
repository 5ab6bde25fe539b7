import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { type Cleanups, chat, keelson, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A port that another process uses. */
async function takenPort(): Promise<number> {
  const owner = createServer().listen(0, "127.0.0.1");
  cleanups.push(() => owner.close());
  await once(owner, "listening");
  const address = owner.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}

const badModel = `platform: wrong
services: { gateway: { modules: [gateway], calls: [assistant], expose: true } }
models: { assistant: { source: "hf://owner", parameters: many } }
environments: { local: { provide: embedded } }
`;

describe("a first start that is refused", () => {
  test.each([{ how: [] }, { how: ["--detach"] }, { how: ["--detach", "--json"] }])(
    "because of the port leaves nothing behind: up $how",
    async ({ how }) => {
      const cwd = workDirectory(cleanups);
      const args = ["up", "--port", String(await takenPort()), "--data", join(cwd, "some/where/data"), ...how];
      const { code, out, err } = await keelson(cwd, args);
      expect(code).toBe(1);
      expect(how.includes("--json") ? JSON.parse(out).error.code : err).toContain("port/in-use");
      expect(readdirSync(cwd)).toEqual([]);
    },
  );

  test.each([
    { what: "a mistake in a model", args: ["platform.yaml"], error: "spec/unit" },
    { what: "an address of another machine", args: ["starter", "--host", "192.0.2.1"], error: "host/unknown" },
    // Reported only after the directories of the database have been created.
    { what: "an invalid backup repository", args: ["starter", "--backups", "ftp://somewhere"], error: "backup/place" },
  ])("because of $what leaves nothing behind", async ({ args, error }) => {
    const cwd = workDirectory(cleanups);
    writeFileSync(join(cwd, "platform.yaml"), badModel);
    for (const how of [[], ["--detach"]]) {
      const refused = await keelson(cwd, ["up", ...args, "--port", String(await freePort()), ...how]);
      expect(refused.code, refused.err).toBe(2);
      expect(refused.err).toContain(error);
      expect(readdirSync(cwd)).toEqual(["platform.yaml"]);
    }
  });

  test.each([
    { environment: "production", how: [] },
    { environment: "staging", how: ["--detach"] },
    { environment: "production", how: ["--json"] },
  ])(
    "because no engine of this machine can load a model fails at once: aiaas -e $environment $how",
    async ({ environment, how }) => {
      const cwd = workDirectory(cleanups);
      const args = ["up", "aiaas", "-e", environment, "--port", String(await freePort()), ...how];
      const { code, out, err } = await keelson(cwd, args);
      expect(code).toBe(2);
      const error = how.includes("--json") ? JSON.stringify(JSON.parse(out).error) : err;
      expect(error).toContain("engine/not-here");
      expect(error).toMatch(
        /models\.assistant \(blueprints\/aiaas\/platform\.yaml:\d+:\d+\): vLLM requires a GPU server/,
      );
      expect(error).toContain("fallback: simulated");
      expect(err).not.toContain("starting");
      expect(readdirSync(cwd)).toEqual([]);
    },
  );

  test.each([
    { source: "./weights/model.gguf", how: ["--json"] },
    { source: "[weights/model.gguf, ../other.gguf]", how: ["--detach"] },
  ])("because no file of a model exists names it and its place: source: $source", async ({ source, how }) => {
    const cwd = workDirectory(cleanups);
    mkdirSync(join(cwd, "platforms/weights"), { recursive: true });
    // Relative to the current folder there is one, but paths are relative to the platform file.
    mkdirSync(join(cwd, "weights"));
    writeFileSync(join(cwd, "weights/model.gguf"), "GGUF");
    const file = join("platforms", "platform.yaml");
    writeFileSync(
      join(cwd, file),
      `platform: weights
services: { gateway: { modules: [gateway, accounts, usage], calls: [assistant], expose: true } }
models:
  assistant: { engine: llama.cpp, source: ${source} }
environments: { local: { provide: embedded } }
`,
    );
    const { code, out, err } = await keelson(cwd, ["up", file, "--port", String(await freePort()), ...how]);
    expect(code).toBe(2);
    const error = how.includes("--json") ? JSON.stringify(JSON.parse(out).error) : err;
    expect(error).toContain("model/missing-file");
    expect(error).toContain(`models.assistant.source (platforms/platform.yaml:4:`);
    expect(error).toContain(`there is no file ${join(cwd, "platforms/weights/model.gguf")}`);
    expect(error).toContain("relative to the platform file");
    expect(readdirSync(cwd).sort()).toEqual(["platforms", "weights"]);
  });

  test("leaves an existing directory and its contents", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    mkdirSync(join(data, "backups"), { recursive: true });
    writeFileSync(join(data, "backups/note"), "mine");
    expect((await keelson(cwd, ["up", "--port", String(await takenPort()), "--data", data])).code).toBe(1);
    expect(existsSync(join(data, "backups/note"))).toBe(true);
  });
});

test("an engine that does not run here is replaced by the simulator if the platform file allows it", async () => {
  const cwd = workDirectory(cleanups);
  const lines = [
    "platform: big",
    "services:",
    "  gateway: { modules: [gateway, accounts, usage, dashboard], calls: [assistant, db], expose: true }",
    "models:",
    '  assistant: { source: "hf://Qwen/Qwen2.5-7B-Instruct", engine: vllm, parameters: 7B, fallback: simulated }',
    "stores: { db: { postgres: 17, size: 1Gi } }",
    "environments: { local: { provide: embedded } }",
  ];
  writeFileSync(join(cwd, "platform.yaml"), `${lines.join("\n")}\n`);
  const platform = await up(cleanups, { cwd, args: ["platform.yaml"] });
  expect((await chat(platform)).status).toBe(200);
  expect(platform.report["models"]).toEqual([expect.objectContaining({ name: "assistant", engine: "simulated" })]);
}, 60_000);

test("a later start that is refused leaves the database of the earlier one", async () => {
  const cwd = workDirectory(cleanups);
  const platform = await up(cleanups, { cwd });
  await platform.stop();
  const { code } = await keelson(cwd, ["up", "--port", String(await takenPort()), "--data", platform.data]);
  expect(code).toBe(1);
  expect(existsSync(join(platform.data, "postgres/data/PG_VERSION"))).toBe(true);
  expect((await up(cleanups, { cwd })).report).toMatchObject({ first: false });
}, 120_000);

test("a detached start leaves its first key in no file", async () => {
  const cwd = workDirectory(cleanups);
  const data = join(cwd, "data");
  const started = await keelson(cwd, ["up", "--detach", "--json", "--data", data, "--port", String(await freePort())]);
  cleanups.push(() => keelson(cwd, ["down", "--data", data]));
  const { firstKey } = JSON.parse(started.out);
  expect(firstKey).toMatch(/^kls_/);
  expect(readdirSync(join(data, "logs"))).not.toContain("up.json");
  expect(existsSync(join(data, "secrets/first-key/key"))).toBe(false);
}, 120_000);

test("a start names in one line what the design cannot keep, and the platform runs", async () => {
  const cwd = workDirectory(cleanups);
  const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
  writeFileSync(join(cwd, "platform.yaml"), starter.replace(/^objectives: .*$/m, "objectives: { rto: 1s }"));
  const started = await keelson(cwd, ["up", "--detach", "--data", "data", "--port", String(await freePort())]);
  cleanups.push(() => keelson(cwd, ["down", "--data", "data"]));
  expect(started.code, started.err).toBe(0);
  expect(started.err).toMatch(
    /^ {2}check {6}this design cannot keep \d+ promises \(RTO of .* and \d+ more\).*: (?:npx )?keelson check platform\.yaml -e local$/m,
  );
}, 120_000);

test("a detached start prints what one in the foreground prints, and `login` prints a new link later", async () => {
  const cwd = workDirectory(cleanups);
  const data = join(cwd, "data");
  const url = `http://127.0.0.1:${await freePort()}`;
  const started = await keelson(cwd, ["up", "aiaas", "--detach", "--data", data, "--port", new URL(url).port]);
  cleanups.push(() => keelson(cwd, ["down", "--data", data]));
  expect(started.code, started.err).toBe(0);
  const lines = [`API        ${url}/v1`, "model      assistant: simulated", "first key  kls_", `data       ${data}`];
  for (const text of [...lines, "omitted    ", "/sign-in#token=", "keelson down"]) expect(started.err).toContain(text);

  const signIn = async (link: string) => {
    const [page, token] = link.trim().split("#token=");
    expect(page).toBe(`${url}/sign-in`);
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/admin/session`, { method: "POST", headers, body: JSON.stringify({ token }) });
    return response.status;
  };
  const login = await keelson(cwd, ["login", "--data", data]);
  expect(await signIn(login.out)).toBe(200);
  expect(await signIn(login.out)).toBe(401);
  const asJson = await keelson(cwd, ["login", "--json", "--data", data]);
  expect(await signIn(JSON.parse(asJson.out).url)).toBe(200);
}, 60_000);
