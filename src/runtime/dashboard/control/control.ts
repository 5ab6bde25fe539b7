import { Client } from "undici";
import type { z } from "zod";
import type { Actor } from "../../../contracts/credentials.js";
import { readError } from "../../../contracts/error.js";
import { PERSON_HEADER, personHeader } from "../../../contracts/platform-token.js";
import { isHttpErrorCode } from "../../../errors/catalogue.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import { AdminError } from "../../admin/index.js";

/** Starting a drill returns before the drill runs. */
const RESPONSE_TIMEOUT_MS = 15_000;

/** What a change sends to the supervisor, besides its path. */
export interface ControlAct {
  readonly body?: unknown;
  /** Who makes the change, for the audit log. */
  readonly actor?: Actor;
}

/**
 * The control socket of the supervisor (`keelson up`) that started this process. A cluster has no supervisor: every call then
 * fails with `control/none`.
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

  /** @throws AdminError that the supervisor reported, or `control/none` without a supervisor. */
  async json<T>(schema: z.ZodType<T>, method: "GET" | "POST", path: string, act: ControlAct = {}): Promise<T> {
    const text = await this.text(method, path, act);
    return schema.parse(JSON.parse(text));
  }

  async text(method: "GET" | "POST", path: string, { body, actor }: ControlAct = {}): Promise<string> {
    if (!this.#client)
      throw new AdminError(
        "control/none",
        "drills, backups and the platform file require the supervisor of `keelson up`, which did not start this process",
      );
    let status: number;
    let text: string;
    try {
      const response = await this.#client.request({
        method,
        path,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headers: {
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(actor === undefined ? {} : { [PERSON_HEADER]: personHeader(actor.name) }),
        },
        headersTimeout: RESPONSE_TIMEOUT_MS,
        bodyTimeout: RESPONSE_TIMEOUT_MS,
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch {
      throw new AdminError("control/away", "the supervisor is unreachable", { retryAfter: 2 });
    }
    if (status >= 200 && status < 300) return text;
    throw errorOf(status, text);
  }

  async close(): Promise<void> {
    await this.#client?.destroy();
  }
}

/** The supervisor's error; `control/failed` for one that it should not respond with. */
function errorOf(status: number, text: string): AdminError {
  const error = readError(text);
  if (error?.code === undefined) return new AdminError("control/failed", `the supervisor returned status ${status}`);
  const { code, message, hint } = KeelsonError.fromReport(error.code, error.message, error.hint);
  const options = hint === undefined ? {} : { hint };
  if (isHttpErrorCode(code)) return new AdminError(code, message, options);
  return new AdminError("control/failed", `${code}: ${message}`, options);
}
