import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { declareCommands } from "../../src/cli/commands/index.js";
import { type Cleanups, keelson, program, type Result, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NOT_RUNNING = { code: 1, error: "platform/not-running" };
const NO_DATA = { code: 2, error: "data/unknown" };
const NO_FILE = { code: 2, error: "file/not-found" };

/** What each command does in an empty directory, with its required arguments. `error` is absent if it succeeds. */
const COMMANDS: Readonly<Record<string, { readonly args?: string; readonly code: number; readonly error?: string }>> = {
  audit: NOT_RUNNING,
  "audit verify": NOT_RUNNING,
  backup: NOT_RUNNING,
  backups: NO_DATA,
  "backups verify": NO_DATA,
  chat: { ...NOT_RUNNING, args: "hello" },
  check: NO_FILE,
  complete: { ...NOT_RUNNING, args: "keys" },
  completion: { code: 0, args: "bash" },
  deploy: NO_FILE,
  docs: { code: 0 },
  doctor: { code: 0 },
  down: { code: 0 },
  drill: { ...NOT_RUNNING, args: "process-crash --running" },
  drills: NO_DATA,
  "drills show": { ...NO_DATA, args: "x" },
  init: { code: 2, args: "--from nothing", error: "file/not-found" },
  "keys create": { ...NOT_RUNNING, args: "ci" },
  "keys list": NOT_RUNNING,
  "keys revoke": { ...NOT_RUNNING, args: "ci" },
  login: NOT_RUNNING,
  logs: NO_DATA,
  open: NOT_RUNNING,
  "orgs create": { ...NOT_RUNNING, args: "acme" },
  "orgs delete": { ...NOT_RUNNING, args: "acme" },
  "orgs list": NOT_RUNNING,
  "orgs rename": { ...NOT_RUNNING, args: "acme Acme" },
  plan: NO_FILE,
  promises: NO_FILE,
  render: { ...NO_FILE, args: "-t compose" },
  restart: NOT_RUNNING,
  restore: { ...NOT_RUNNING, args: "latest" },
  schema: { code: 0 },
  secrets: { ...NO_FILE, args: "platform.yaml" },
  serve: { code: 2, error: "serve/no-plan" },
  status: NOT_RUNNING,
  suggest: NO_FILE,
  // Without a file it would run the starter.
  up: { ...NO_FILE, args: "platform.yaml" },
  "upgrade-database": NO_DATA,
  usage: NOT_RUNNING,
  "users create": { ...NOT_RUNNING, args: "ada" },
  "users delete": { ...NOT_RUNNING, args: "ada" },
  "users disable": { ...NOT_RUNNING, args: "ada" },
  "users enable": { ...NOT_RUNNING, args: "ada" },
  "users link": { ...NOT_RUNNING, args: "ada" },
  "users list": NOT_RUNNING,
  "users rename": { ...NOT_RUNNING, args: "ada Ada" },
  "users role": { ...NOT_RUNNING, args: "ada member" },
  version: { code: 0 },
};

/** Commands with an implementation, by their words. */
function implemented(parent: Command, words: readonly string[] = []): ReadonlyMap<string, Command> {
  return new Map(
    parent.commands.flatMap((command): [string, Command][] => {
      const path = [...words, command.name()];
      const own: [string, Command][] =
        "_actionHandler" in command && command["_actionHandler"] ? [[path.join(" "), command]] : [];
      return [...own, ...implemented(command, path)];
    }),
  );
}

const tool = new Command("keelson");
declareCommands(tool);
const declared = implemented(tool);
const hasOption = (name: string, option: string): boolean =>
  declared.get(name)?.options.some(({ long }) => long === option) === true;

const lineOf = (name: string): string[] => `${name} ${COMMANDS[name]?.args ?? ""}`.trim().split(" ");

/** Runs `work` for each item, a few at a time: most of a command's time is its start. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const run = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([run(), run(), run()]);
}

const reported = z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) });

/** One error with its code on stderr, nothing on stdout, no stack trace. */
function expectError({ out, err }: Result, what: string, code: string): void {
  expect(out, what).toBe("");
  expect(err, what).toMatch(new RegExp(`^(\\S+:\\d+:\\d+ )?error ${code} `));
  expect(err, what).not.toMatch(/^ {4}at |error internal|\[object|undefined/m);
}

describe("every command", () => {
  it("is in the table of this test", () => {
    expect(Object.keys(COMMANDS).sort()).toEqual([...declared.keys()].sort());
  });

  it("reports one error with its exit code in an empty directory, and creates nothing", async () => {
    await each(Object.entries(COMMANDS), async ([name, { code, error }]) => {
      const cwd = workDirectory(cleanups);
      const result = await keelson(cwd, lineOf(name));
      expect(result.code, `${name}: ${result.err}`).toBe(code);
      if (error === undefined) expect({ name, err: result.err }).toEqual({ name, err: "" });
      else expectError(result, name, error);
      expect(readdirSync(cwd), name).toEqual([]);
    });
  });

  it("prints its error as one JSON document with --json", async () => {
    const names = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.error && hasOption(name, "--json"));
    expect(names.length).toBeGreaterThan(30);
    await each(names, async (name) => {
      const { code, out, err } = await keelson(workDirectory(cleanups), [...lineOf(name), "--json"]);
      expect({ name, code, err }).toEqual({ name, code: COMMANDS[name]?.code, err: "" });
      expect(reported.parse(JSON.parse(out)).error.code, name).toBe(COMMANDS[name]?.error);
    });
  });

  it("has --json, unless its output is not for a program to read", () => {
    const without = [...declared.keys()].filter((name) => !hasOption(name, "--json"));
    expect(without.sort()).toEqual(["complete", "completion", "serve"]);
  });

  it("refuses an unknown option as a usage error", async () => {
    await each(Object.keys(COMMANDS), async (name) => {
      const cwd = workDirectory(cleanups);
      const unknown = await keelson(cwd, [...lineOf(name), "--no-such-option"]);
      expect({ name, code: unknown.code }).toEqual({ name, code: 2 });
      expectError(unknown, name, "usage");
      expect(unknown.err, name).toContain("unknown option '--no-such-option'");
    });
  });

  it.each(["status", "check platform.yaml", "init shop", "keys list", "docs up"])(
    "refuses a superfluous argument: %s",
    async (line) => {
      const cwd = workDirectory(cleanups);
      const result = await keelson(cwd, [...line.split(" "), "more"]);
      expect(result.code).toBe(2);
      expectError(result, line, "usage");
      expect(readdirSync(cwd)).toEqual([]);
    },
  );

  it("refuses a file as its data directory", async () => {
    const names = [...declared.keys()].filter(
      (name) => hasOption(name, "--data") && !["promises", "serve"].includes(name),
    );
    expect(names.length).toBeGreaterThan(20);
    await each(names, async (name) => {
      const cwd = workDirectory(cleanups);
      writeFileSync(join(cwd, "file"), "");
      const args = name === "up" ? ["up", "starter"] : lineOf(name);
      const result = await keelson(cwd, [...args, "--data", "file"]);
      expectError(result, name, "data/not-a-directory");
      expect(result.code, name).toBe(1);
      expect(readdirSync(cwd), name).toEqual(["file"]);
    });
  });

  it("reports a full disk behind its output, and ignores a reader that leaves early", async () => {
    const names = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.error === undefined);
    await each([...names.map(lineOf), ["check", "aiaas"], ["plan", "aiaas", "--json"]], async (args) => {
      const cwd = workDirectory(cleanups);
      const full = spawn(process.execPath, [program, ...args], {
        cwd,
        stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
      });
      let err = "";
      full.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
      const [code] = await once(full, "close");
      expect(err, args.join(" ")).toMatch(
        /^error output\/failed cannot write the output: ENOSPC[^\n]*\n {2}hint: [^\n]*\n$/,
      );
      expect(code, args.join(" ")).toBe(1);

      const left = spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
      left.stdout?.destroy();
      let complaint = "";
      left.stderr?.on("data", (chunk: Buffer) => (complaint += chunk.toString("utf8")));
      await once(left, "close");
      expect(complaint, args.join(" ")).toBe("");
    });
  });
});

describe("a place where nothing can be created", () => {
  it("is refused by commands that create a directory, at once", async () => {
    const lines = [
      ["init", "/proc/shop"],
      ["render", "starter", "-t", "compose", "-o", "/proc/shop"],
      ["up", "starter", "--data", "/proc/shop"],
    ];
    await each(lines, async (args) => {
      const result = await keelson(workDirectory(cleanups), args, { timeout: 30_000 });
      expect({ args, code: result.code }).toEqual({ args, code: 1 });
      expectError(result, args.join(" "), "\\S+/unwritable");
    });
  });

  it("is refused if it is a file, which stays as it is", async () => {
    const cwd = workDirectory(cleanups);
    writeFileSync(join(cwd, "file"), "mine");
    for (const place of ["file", "file/shop"]) {
      const result = await keelson(cwd, ["init", place]);
      expect(result.code).toBe(1);
      expectError(result, place, "data/not-a-directory");
      expect(result.err).toContain(`${join(cwd, "file")} is not a directory`);
    }
    expect(readFileSync(join(cwd, "file"), "utf8")).toBe("mine");
  });

  it("is the current directory after it was removed: an error with a hint, or no error where it is not needed", async () => {
    const cwd = workDirectory(cleanups);
    const shell = (line: string) =>
      spawnSync(
        "sh",
        ["-c", `mkdir gone && cd gone && rmdir ../gone && exec "$0" ${program} ${line}`, process.execPath],
        {
          cwd,
          encoding: "utf8",
        },
      );
    for (const line of ["init", "up", "check"]) {
      const { status, stderr } = shell(line);
      expect([line, status]).toEqual([line, 1]);
      expect(stderr).toBe(
        "error directory/gone the current directory does not exist any more\n  hint: change to another directory\n",
      );
    }
    expect(shell("version").status).toBe(0);
  });
});

describe("keelson init", () => {
  it("gives others access to the folder as the umask says, and to the data in it never", async () => {
    const cwd = workDirectory(cleanups);
    expect((await keelson(cwd, ["init", "a/b"])).code).toBe(0);
    const modeOf = (path: string) => statSync(join(cwd, path)).mode & 0o777;
    const usual = 0o777 & ~process.umask();
    expect([modeOf("a"), modeOf("a/b")]).toEqual([usual, usual]);
    expect(modeOf("a/b/.keelson") & 0o066).toBe(0);
  });
});

describe("a hint", () => {
  it.each([
    ["provide: docker", "hint: containers on one machine: `provide: in-cluster`, and `keelson render -t compose`"],
    ["models: { a: { source: ollama://llama3 } }", "for Ollama: `engine: ollama` and the name alone, `source: llama3`"],
    ["models: { a: { source: s3://bucket/a.gguf } }", "for a bucket: the https:// address of the object"],
  ])("names what is possible instead of %s", async (line, hint) => {
    const cwd = workDirectory(cleanups);
    writeFileSync(join(cwd, "platform.yaml"), `platform: shop\n${line}\n`);
    const { code, err } = await keelson(cwd, ["check"]);
    expect([code, err]).toEqual([2, expect.stringContaining(hint)]);
  });

  it("names the nearest error code", async () => {
    const { code, err } = await keelson(workDirectory(cleanups), ["docs", "port/inuse"]);
    expect([code, err]).toEqual([2, expect.stringContaining("did you mean port/in-use?")]);
  });
});

describe("a second render", () => {
  it("does not repeat the notes of the first one, unless a file changes", async () => {
    const cwd = workDirectory(cleanups);
    const render = (...more: string[]) =>
      keelson(cwd, ["render", "starter", "-e", "production", "-t", "kubernetes", "-o", "out", ...more]);
    expect((await render()).err).toMatch(/^note /m);
    const second = (await render()).err;
    expect(second).not.toMatch(/^note /m);
    expect(second).toMatch(/\d+ notes as before; --json contains them/);
    expect(JSON.parse((await render("--json")).out).notes.length).toBeGreaterThan(0);
    rmSync(join(cwd, "out", readdirSync(join(cwd, "out"))[0] ?? ""), { recursive: true });
    expect((await render()).err).toMatch(/^note /m);
  });
});

const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
const DIGITS = "7".repeat(400_000);

/** Contents of a platform file that are not a platform, with the error that each is. */
const FILES: Readonly<Record<string, { readonly content: string | Buffer; readonly error: string }>> = {
  empty: { content: "", error: "yaml/empty" },
  "only a comment": { content: "\n# later\n", error: "yaml/empty" },
  "half a file": { content: starter.slice(0, starter.indexOf("environments:") + 13), error: "spec/type" },
  "400,000 digits": { content: DIGITS, error: "yaml/not-a-mapping" },
  "400,000 digits as a value": { content: `platform: shop\nzones: ${DIGITS}\n`, error: "spec/\\S+" },
  binary: { content: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 0xff, 0xfe, 0x80]), error: "file/unreadable" },
  "text with a NUL": { content: `platform: a\0b\n`, error: "file/binary" },
  "UTF-16": { content: Buffer.from(`\ufeff${starter}`, "utf16le"), error: "file/unreadable" },
  "Latin-1": { content: Buffer.from("platform: caf\xe9\n", "latin1"), error: "file/unreadable" },
  "half a JSON document": { content: '{"platform": ["a', error: "yaml/\\S+" },
};

describe("a platform file that is none", () => {
  const commands = [
    "check",
    "plan",
    "promises",
    "render -t compose",
    "secrets",
    "deploy",
    "up",
    "serve",
    "drill process-crash -f",
  ];

  it.each(Object.keys(FILES))("is refused by every command that reads one: %s", async (kind) => {
    const { content, error } = FILES[kind] ?? { content: "", error: "" };
    // Every kind with one command, and two kinds with all: they share the reader.
    const all = kind === "half a file" || kind === "binary";
    await each(all ? commands : ["check"], async (command) => {
      const cwd = workDirectory(cleanups);
      writeFileSync(join(cwd, "platform.yaml"), content);
      const result = await keelson(cwd, [...command.split(" "), "platform.yaml"]);
      expect({ command, code: result.code }).toEqual({ command, code: 2 });
      expectError(result, command, error);
      expect(result.err.length, "the digits are not repeated").toBeLessThan(2_000);
      expect(readdirSync(cwd), command).toEqual(["platform.yaml"]);
    });
  });

  it.each([
    { what: "a directory", make: (path: string) => mkdirSync(path), error: "file/not-found" },
    { what: "a link to itself", make: (path: string) => symlinkSync(path, path), error: "file/unreadable" },
  ])("is refused: $what", async ({ make, error }) => {
    const cwd = workDirectory(cleanups);
    make(join(cwd, "platform.yaml"));
    const result = await keelson(cwd, ["check", "platform.yaml"]);
    expect(result.code).toBe(2);
    expectError(result, "check", error);
  });

  it("of a parent directory is not replaced by the starter in a subfolder", async () => {
    const cwd = workDirectory(cleanups);
    writeFileSync(join(cwd, "platform.yaml"), starter);
    const below = join(cwd, "a b", "c");
    mkdirSync(below, { recursive: true });
    const { code, err } = await keelson(below, ["up"]);
    expect(code).toBe(2);
    expect(err).toContain("error file/not-found this directory has no platform.yaml, but a parent directory has one");
    expect(err).toContain(`cd ${cwd}`);
    expect(readdirSync(below)).toEqual([]);
  });

  it("is read with a byte order mark and with line ends of Windows", async () => {
    for (const text of [`\ufeff${starter}`, starter.replaceAll("\n", "\r\n")]) {
      const cwd = workDirectory(cleanups);
      writeFileSync(join(cwd, "platform.yaml"), text);
      expect((await keelson(cwd, ["check"])).code).toBe(0);
    }
  });
});
