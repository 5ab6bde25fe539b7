import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DRILL_FAULTS } from "../../src/cli/commands/choices.js";
import { declareCommands } from "../../src/cli/commands/index.js";
import { executors } from "../../src/recovery/drills/faults/index.js";
import { keelson } from "../support/local/keelson.js";

const coverage = z.object({ result: z.array(z.object({ url: z.string() })) });

/** Files that the program loads for a command line, as V8's coverage lists them. */
async function loadedFiles(...args: readonly string[]): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "keelson-loaded-"));
  try {
    const { code } = await keelson(directory, args, { env: { NODE_V8_COVERAGE: directory } });
    expect(code).toBe(0);
    const scripts = readdirSync(directory).flatMap(
      (name) => coverage.parse(JSON.parse(readFileSync(join(directory, name), "utf8"))).result,
    );
    return scripts.map(({ url }) => url).filter((url) => url.startsWith("file:"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("the command line", () => {
  it.each(["--version", "--help", "render --help"])("loads few files for %s", async (line) => {
    const files = await loadedFiles(...line.split(" "));
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThan(40);
  });

  it("offers every fault that can be drilled", () => {
    expect([...DRILL_FAULTS].sort()).toEqual(Object.keys(executors).sort());
  });

  it("describes every command, argument and option", () => {
    const program = new Command("keelson");
    declareCommands(program);
    const all = program.commands.flatMap((command) => [command, ...command.commands]);
    expect(all.length).toBeGreaterThan(20);
    for (const command of all) {
      expect(command.description(), command.name()).not.toBe("");
      for (const option of command.options)
        expect(option.description, `${command.name()} ${option.flags}`).not.toBe("");
      for (const argument of command.registeredArguments) expect(argument.description, command.name()).not.toBe("");
    }
  });
});
