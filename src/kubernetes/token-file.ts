import { readFile } from "node:fs/promises";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";

/**
 * The token in a file, which its owner replaces when it is renewed: read for each request.
 *
 * @throws KeelsonError `kubeconfig/unreadable`
 */
export async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new KeelsonError("kubeconfig/unreadable", `cannot read the token file ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: "it must exist and be readable while the command runs",
    });
  }
}
