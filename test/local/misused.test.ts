import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/postgres/server.js";
import { type Cleanups, keelson, until, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("a value that an option cannot take", () => {
  test.each([
    { words: ["up", "--data", ""], says: "'--data <directory>' argument '' is invalid. the value is empty" },
    { words: ["up", "--backups", " "], says: "'--backups <repository>' argument ' ' is invalid. the value is empty" },
    { words: ["up", "--port", ""], says: "expected a whole number from 1 to 65535" },
    { words: ["up", "--port", "1e3"], says: "expected a whole number from 1 to 65535" },
    { words: ["up", "--port", "65536"], says: "expected a whole number from 1 to 65535" },
    { words: ["logs", "-n", "abc"], says: "expected a whole number of at least 0" },
    { words: ["logs", "-n", "-5"], says: "expected a whole number of at least 0" },
    { words: ["logs", "-n", "1.5"], says: "expected a whole number of at least 0" },
    { words: ["logs", "-n", ""], says: "expected a whole number of at least 0" },
    { words: ["drill", "process-crash", "--rate", "0x10"], says: "expected a number above 0" },
    { words: ["drill", "process-crash", "--duration", "0s"], says: "expected a duration longer than 0" },
    { words: ["deploy", "starter", "--timeout", "ten"], says: "'--timeout <duration>' argument 'ten' is invalid" },
    { words: ["restore", "latest", "--to", ""], says: "'--to <directory>' argument '' is invalid. the value is empty" },
    { words: ["backups", "--from", ""], says: "'--from <repository>' argument '' is invalid. the value is empty" },
    { words: ["promises", "starter", "--data", ""], says: "'--data <directory>' argument '' is invalid" },
    { words: ["status", "--data", ""], says: "'--data <directory>' argument '' is invalid" },
    { words: ["serve", "starter", "--data", ""], says: "'--data <directory>' argument '' is invalid" },
  ])("is a usage error, and nothing is made: $words", async ({ words, says }) => {
    const cwd = workDirectory(cleanups);
    const { code, out, err } = await keelson(cwd, words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error usage /);
    expect(err).toContain(says);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

test("the name of the program alone shows what there is, and is no error", async () => {
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
    { words: ["usage", "--csv"], says: "option '--csv' cannot be used with option '--json'" },
    { words: ["check", "starter", "--format", "sarif"], says: "--json and --format sarif contradict each other" },
    { words: ["check", "starter", "--format", "text"], says: "--json and --format text contradict each other" },
  ])("are a usage error: $words and --json", async ({ words, says }) => {
    const { code, out } = await keelson(workDirectory(cleanups), [...words, "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(out).error).toMatchObject({ code: "usage", message: expect.stringContaining(says) });
  });

  test.each([
    { words: ["check", "--list-rules", "--format", "sarif"], says: "--list-rules is printed as text or as JSON" },
    { words: ["serve", "starter", "--plan", "plan.json"], says: "starter and --plan plan.json cannot be combined" },
    {
      words: ["drill", "process-crash", "-f", "starter", "--data", "somewhere"],
      says: "option '-f, --file <file>' cannot be used with option '--data <directory>'",
    },
  ])("are a usage error: $words", async ({ words, says }) => {
    const { code, err } = await keelson(workDirectory(cleanups), words);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });

  test("are none where they say the same", async () => {
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
    { words: ["up"], more: [] },
    { words: ["up", "--detach"], more: [] },
    { words: ["backups", "verify"], more: [] },
    { words: ["serve", "starter"], more: ["--listen", "127.0.0.1:0"] },
  ])("is no data directory, and stays as it is: $words", async ({ words, more }) => {
    const cwd = withNotes();
    const { code, err } = await keelson(cwd, [...words, "--data", "mine", ...more]);
    expect(code, err).toBe(2);
    expect(err).toContain(
      `error data/foreign ${join(cwd, "mine")} contains files that Keelson did not create: notes.txt`,
    );
    expect(err).toMatch(/hint: name a new, empty or existing data directory/);
    expect(readdirSync(cwd)).toEqual(["mine"]);
    expect(readdirSync(join(cwd, "mine"))).toEqual(["notes.txt"]);
  });

  test("is no place to restore to", async () => {
    const platform = await up(cleanups);
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a backup");
    const words = ["restore", "latest", "--data", platform.data, "--to"];
    const refused = await keelson(withNotes(), [...words, "mine"]);
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

  test("an empty KEELSON_DATA is none", async () => {
    const cwd = workDirectory(cleanups);
    const env = { KEELSON_DATA: "" };
    const started = await keelson(cwd, ["up", "--detach", "--port", String(await freePort())], { env });
    cleanups.push(() => keelson(cwd, ["down"], { env }));
    expect(started.code, started.err).toBe(0);
    expect(readdirSync(cwd)).toEqual([".keelson"]);
    expect(existsSync(join(cwd, ".keelson/starter-local/plan.json"))).toBe(true);
  }, 120_000);
});
