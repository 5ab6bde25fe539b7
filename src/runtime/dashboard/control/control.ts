import { Client } from "undici";
import { z } from "zod";
import { AdminError } from "../../admin/index.js";

const errorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

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
        {
          hint: "In a cluster they are run on the platform's schedule; see docs/drills.md.",
        },
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
        hint: "It may be starting again; `keelson status` tells.",
        retryAfter: 2,
      });
    }
    if (status >= 200 && status < 300) return text;
    const { code, message, hint } = refusal(text, status);
    throw new AdminError(status >= 500 ? 502 : status, code, message, hint === undefined ? {} : { hint });
  }

  async close(): Promise<void> {
    await this.#client?.destroy();
  }
}

function refusal(text: string, status: number): { code: string; message: string; hint?: string | undefined } {
  try {
    return errorAnswer.parse(JSON.parse(text)).error;
  } catch {
    return { code: "control/failed", message: `the supervisor answered ${status}` };
  }
}
