import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { type Cleanups, keelson, until, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("an invalid value of an option", () => {
  test.each([
    { args: ["up", "--data", ""], message: "invalid value '' for --data: the value is empty" },
    { args: ["up", "--backups", " "], message: "invalid value ' ' for --backups: the value is empty" },
    { args: ["up", "--port", ""], message: "expected a whole number from 1 to 65535" },
    { args: ["up", "--port", "1e3"], message: "expected a whole number from 1 to 65535" },
    { args: ["up", "--port", "65536"], message: "expected a whole number from 1 to 65535" },
    { args: ["logs", "-n", "abc"], message: "expected a whole number of at least 0" },
    { args: ["logs", "-n", "-5"], message: "expected a whole number of at least 0" },
    { args: ["logs", "-n", "1.5"], message: "expected a whole number of at least 0" },
    { args: ["logs", "-n", ""], message: "expected a whole number of at least 0" },
    { args: ["drill", "process-crash", "--rate", "0x10"], message: "expected a number above 0" },
    { args: ["drill", "process-crash", "--duration", "0s"], message: "expected a duration longer than 0" },
    { args: ["deploy", "starter", "--timeout", "ten"], message: "invalid value 'ten' for --timeout" },
    {
      args: ["restore", "latest", "--to", ""],
      message: "invalid value '' for --to: the value is empty",
    },
    { args: ["backups", "--from", ""], message: "invalid value '' for --from: the value is empty" },
    { args: ["promises", "starter", "--data", ""], message: "invalid value '' for --data" },
    { args: ["status", "--data", ""], message: "invalid value '' for --data" },
    { args: ["serve", "starter", "--data", ""], message: "invalid value '' for --data" },
  ])("is a usage error, and creates nothing: $args", async ({ args, message }) => {
    const cwd = workDirectory(cleanups);
    const { code, out, err } = await keelson(cwd, args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error usage /);
    expect(err).toContain(message);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

test("the program without arguments prints its help, and exits with 0", async () => {
  const { code, out, err } = await keelson(workDirectory(cleanups), []);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("Usage: keelson [options] [command]");
});

test.each(["constructor"])("there is no command and no drill %s", async (word) => {
  const cwd = workDirectory(cleanups);
  const command = await keelson(cwd, [word]);
  expect(command.code).toBe(2);
  expect(command.err).toContain(`error usage unknown command '${word}'`);
  const drill = await keelson(cwd, ["drill", word]);
  expect(drill.code).toBe(2);
  expect(drill.err).toContain(`error drill/unknown there is no drill ${word}`);
  expect(readdirSync(cwd)).toEqual([]);
});

describe("options that contradict each other", () => {
  test.each([
    { args: ["usage", "--csv"], message: "option '--csv' cannot be used with option '--json'" },
    { args: ["check", "starter", "--format", "sarif"], message: "--json and --format sarif cannot be combined" },
    { args: ["check", "starter", "--format", "text"], message: "--json and --format text cannot be combined" },
  ])("are a usage error: $args and --json", async ({ args, message }) => {
    const { code, out } = await keelson(workDirectory(cleanups), [...args, "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(out).error).toMatchObject({ code: "usage", message: expect.stringContaining(message) });
  });

  test.each([
    {
      args: ["check", "--list-rules", "--format", "sarif"],
      message: "--list-rules supports the formats text and json",
    },
    { args: ["serve", "starter", "--plan", "plan.json"], message: "starter and --plan plan.json cannot be combined" },
    {
      args: ["drill", "process-crash", "-f", "starter", "--data", "somewhere"],
      message: "option '-f, --file <file>' cannot be used with option '--data <directory>'",
    },
  ])("are a usage error: $args", async ({ args, message }) => {
    const { code, err } = await keelson(workDirectory(cleanups), args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test("are no error if they have the same meaning", async () => {
    const { code, out } = await keelson(workDirectory(cleanups), ["check", "starter", "--format", "json", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty("findings");
  });
});

describe("a directory with a user's own files", () => {
  const withNotes = (): string => {
    const cwd = workDirectory(cleanups);
    mkdirSync(join(cwd, "mine"));
    writeFileSync(join(cwd, "mine/notes.txt"), "mine");
    return cwd;
  };

  test.each([
    { args: ["up"], more: [] },
    { args: ["up", "--detach"], more: [] },
    { args: ["backups", "verify"], more: [] },
    { args: ["serve", "starter"], more: ["--listen", "127.0.0.1:0"] },
  ])("is refused as a data directory, and is not changed: $args", async ({ args, more }) => {
    const cwd = withNotes();
    const { code, err } = await keelson(cwd, [...args, "--data", "mine", ...more]);
    expect(code, err).toBe(2);
    expect(err).toContain(
      `error data/foreign ${join(cwd, "mine")} contains files that Keelson did not create: notes.txt`,
    );
    expect(err).toMatch(/hint: name a new, empty or existing data directory/);
    expect(readdirSync(cwd)).toEqual(["mine"]);
    expect(readdirSync(join(cwd, "mine"))).toEqual(["notes.txt"]);
  });

  test("is refused as the target of a restore", async () => {
    const platform = await up(cleanups);
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a backup");
    const args = ["restore", "latest", "--data", platform.data, "--to"];
    const refused = await keelson(withNotes(), [...args, "mine"]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("error restore/not-empty");

    // A user's files beside the platform's are no reason to refuse its own data directory.
    await platform.stop();
    writeFileSync(join(platform.data, "notes.txt"), "mine");
    expect((await up(cleanups, { cwd: platform.cwd })).report).toMatchObject({ first: false });
  }, 180_000);

  test("is distinguished from a start that failed after its first files", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    for (const directory of ["secrets", "logs", "modules", "lost+found"])
      mkdirSync(join(data, directory), { recursive: true });
    writeFileSync(join(data, "logs/up.log"), "");
    const started = await keelson(cwd, ["up", "--detach", "--data", data, "--port", String(await freePort())]);
    cleanups.push(() => keelson(cwd, ["down", "--data", data]));
    expect(started.code, started.err).toBe(0);
  }, 120_000);

  test("an empty KEELSON_DATA counts as unset", async () => {
    const cwd = workDirectory(cleanups);
    const env = { KEELSON_DATA: "" };
    const started = await keelson(cwd, ["up", "--detach", "--port", String(await freePort())], { env });
    cleanups.push(() => keelson(cwd, ["down"], { env }));
    expect(started.code, started.err).toBe(0);
    expect(readdirSync(cwd)).toEqual([".keelson"]);
    expect(existsSync(join(cwd, ".keelson/starter-local/plan.json"))).toBe(true);
  }, 120_000);
});
