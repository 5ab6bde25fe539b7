import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MAX_FILE_CHARACTERS } from "../../platform-file/yaml/syntax.js";

const run = promisify(execFile);
const GIT_TIMEOUT_MS = 30_000;

export interface GitObject {
  readonly name: string;
  readonly type: string;
  /** Empty with `--batch-check`. */
  readonly content: string;
}

/**
 * An object of a repository by its name (`man gitrevisions`); undefined if there is none. Links in a tree are followed within it. The name is
 * read from stdin, so none is an option. Rejects with the first line that git prints to stderr.
 */
export async function findObject(
  repository: string,
  name: string,
  mode: "--batch" | "--batch-check",
): Promise<GitObject | undefined> {
  if (/[\n\0]/.test(name)) return undefined;
  const asked = run("git", ["cat-file", mode, "--follow-symlinks"], {
    cwd: repository,
    timeout: GIT_TIMEOUT_MS,
    maxBuffer: 4 * MAX_FILE_CHARACTERS,
    encoding: "buffer",
  });
  // An early exit of git closes the pipe; its own message says why.
  asked.child.stdin?.on("error", () => undefined).end(`${name}\n`);
  const stdout = await asked.then(
    (result) => result.stdout,
    (error: unknown) => {
      throw new Error(reasonOf(error), { cause: error });
    },
  );
  const end = stdout.indexOf("\n");
  const [, found, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(stdout.subarray(0, end).toString()) ?? [];
  if (found === undefined || type === undefined) return undefined;
  return { name: found, type, content: stdout.subarray(end + 1, end + 1 + Number(size)).toString() };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "git is not installed";
  const stderr = "stderr" in error ? String(error.stderr).trim() : "";
  return stderr.split("\n")[0]?.replace(/^fatal: /, "") || error.message;
}
