import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";

const run = promisify(execFile);

/**
 * The output of `ps`, for systems without /proc. Empty if no process matches (`ps -p`: status 1 without a message). Throws
 * `process/unlisted` for every other failure: the processes are then unknown, not absent.
 */
export async function processTable(options: readonly string[], program = "ps"): Promise<string> {
  try {
    return (await run(program, [...options])).stdout;
  } catch (error) {
    const { code, stderr } = Object(error) as { readonly code?: unknown; readonly stderr?: unknown };
    if (code === 1 && stderr === "") return "";
    throw new KeelsonError("process/unlisted", `${program} cannot list the processes: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
