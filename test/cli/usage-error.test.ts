import { Command, CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { declareCommands } from "../../src/cli/commands/index.js";
import { usageError } from "../../src/cli/usage-error.js";

const program = new Command("keelson");
declareCommands(program);

/** The error for an option that commander does not know, with commander's own suggestion by spelling. */
function hintFor(line: string, option: string, near?: string): string | undefined {
  const message = `error: unknown option '${option}'${near === undefined ? "" : `\n(Did you mean ${near}?)`}`;
  const argv = ["node", "keelson", ...line.split(" ")];
  return usageError(new CommanderError(1, "commander.unknownOption", message), program, argv).hint;
}

describe("the hint for an unknown option", () => {
  it.each([
    { line: "keys create ci --org acme", option: "--org", expected: "--organisation" },
    { line: "init shop --blueprint aiaas", option: "--blueprint", expected: "--from" },
    { line: "usage --since 1h", option: "--since", expected: "--from" },
    { line: "usage --api-key k", option: "--api-key", near: "--of-key", expected: "--key" },
    { line: "check --env local", option: "--env", expected: "--environment" },
    { line: "chat --modle a", option: "--modle", near: "--model", expected: "--model" },
  ])("names the option that is meant: $line", ({ line, option, near, expected }) => {
    expect(hintFor(line, option, near)).toBe(`did you mean ${expected}? --help lists the arguments and options`);
  });

  it("suggests nothing where several options, or none, are meant", () => {
    expect(hintFor("status --watch", "--watch")).toBe("--help lists the arguments and options");
    expect(hintFor("restore latest --t", "--t")).toBe("--help lists the arguments and options");
  });

  it("states that options follow the command", () => {
    expect(hintFor("--json status", "--json")).toMatch(/^options follow the command: /);
  });
});
