import { execFileSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { program } from "./keelson.js";

/** Runs a command on a pseudo-terminal (`script` of util-linux) with what a person types. Returns what the terminal shows. */
export function onTerminal(cwd: string, args: readonly string[], typed: string): { code: number; shown: string } {
  const line = [process.execPath, program, ...args].map((word) => `'${word}'`).join(" ");
  // The exit code is printed, because `execFileSync` throws for any other than 0 without what was shown.
  const shown = execFileSync("script", ["-qc", `${line}; echo "exit code $?"`, "/dev/null"], {
    cwd,
    input: typed,
    encoding: "utf8",
  });
  const [, code] = /exit code (\d+)/.exec(shown) ?? [];
  return { code: Number(code), shown: stripVTControlCharacters(shown) };
}
