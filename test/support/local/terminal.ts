import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
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

/** What a person types at a prompt. */
export interface Typed {
  /** Text that the terminal shows before the person types. */
  readonly at: string;
  readonly keys: string;
}

/** Runs a command on a pseudo-terminal with a person who waits for each prompt: keys such as Ctrl-C act on what reads at that moment. */
export async function atPrompts(
  cwd: string,
  args: readonly string[],
  typed: readonly Typed[],
): Promise<{ code: number | null; shown: string }> {
  const line = [process.execPath, program, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", line, "/dev/null"], { cwd });
  const waiting = [...typed];
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString("utf8");
    const [next] = waiting;
    if (next === undefined || !shown.includes(next.at)) return;
    waiting.shift();
    child.stdin.write(next.keys);
  });
  const [code] = await once(child, "close");
  return { code, shown: stripVTControlCharacters(shown) };
}
