import { Client } from "undici";
import type { z } from "zod";
import { readError } from "../../../contracts/error.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import { AdminError } from "../../admin/index.js";

/** Longest time that the supervisor may take to answer; a drill is started, not waited for. Milliseconds. */
const patience = 15_000;

/**
 * The control socket of the supervisor (`keelson up`) that started this process. There is none in a cluster: drills and backups
 * are then the operator's business, and every call says so.
 */
export class Control {
  readonly #client: Client | undefined;

  constructor(socketPath: string | undefined) {
    if (socketPath) this.#client = new Client("http://control", { socketPath, connect: { socketPath } });
  }

  /** False in a process that no supervisor started: every call fails with `control/none`. */
  get available(): boolean {
    return this.#client !== undefined;
  }

  /** @throws AdminError what the supervisor answered, or 503 where there is none. */
  async json<T>(schema: z.ZodType<T>, method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
    const text = await this.text(method, path, body);
    return schema.parse(JSON.parse(text));
  }

  async text(method: "GET" | "POST", path: string, body?: unknown): Promise<string> {
    if (!this.#client)
      throw new AdminError(
        503,
        "control/none",
        "drills and backups are run by `keelson up`, which did not start this process",
      );
    let status: number;
    let text: string;
    try {
      const answer = await this.#client.request({
        method,
        path,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        headersTimeout: patience,
        bodyTimeout: patience,
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch {
      throw new AdminError(503, "control/away", "the supervisor does not answer", {
        retryAfter: 2,
      });
    }
    if (status >= 200 && status < 300) return text;
    throw errorOf(status, text);
  }

  async close(): Promise<void> {
    await this.#client?.destroy();
  }
}

function errorOf(status: number, text: string): AdminError {
  const error = readError(text);
  const { code, message, hint } =
    error?.code === undefined
      ? new KeelsonError("control/failed", `the supervisor answered with status ${status}`)
      : KeelsonError.fromReport(error.code, error.message, error.hint);
  return new AdminError(status >= 500 ? 502 : status, code, message, hint === undefined ? {} : { hint });
}
