import { request } from "node:http";
import type { z } from "zod";
import { parseJson, readError } from "../../contracts/error.js";
import { PERSON_HEADER, personHeader } from "../../contracts/platform-token.js";
import { isSystemError } from "../../disk/disk-errors.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { personName } from "../person.js";

export interface ControlOptions {
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  /** None by default, because the duration of a backup depends on its size. */
  readonly timeoutMs?: number;
}

/** Sends a request to the supervisor of a running platform. Throws the errors that it reports, and `platform/not-running`. */
export async function callControl<T>(
  socket: string,
  path: string,
  schema: z.ZodType<T>,
  options: ControlOptions = {},
): Promise<T> {
  const { status, text } = await exchange(socket, path, options);
  if (status >= 400) throw errorOf(status, text);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new KeelsonError("control/answer", `the supervisor's response to ${path} is invalid`, { cause: parsed.error });
}

/** The same for a document that is not JSON, such as a drill's report. */
export async function fetchControl(socket: string, path: string): Promise<string> {
  const { status, text } = await exchange(socket, path, {});
  if (status < 400) return text;
  throw errorOf(status, text);
}

function errorOf(status: number, text: string): KeelsonError {
  const error = readError(text);
  if (error?.code === undefined) return new KeelsonError("control/answer", `the supervisor returned status ${status}`);
  return KeelsonError.fromReport(error.code, error.message, error.hint);
}

function exchange(
  socketPath: string,
  path: string,
  options: ControlOptions,
): Promise<{ status: number; text: string }> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        path,
        // The shared agent closes a connection that is idle for five seconds; a backup may take longer.
        agent: false,
        method: options.method ?? "GET",
        headers: {
          [PERSON_HEADER]: personHeader(`os:${personName()}`),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
        response.on("error", reject);
      },
    );
    sent.on("timeout", () =>
      sent.destroy(new KeelsonError("control/timeout", "the supervisor did not respond in time")),
    );
    sent.on("error", (error) => reject(isNotListening(error) ? notRunning("on this data", { cause: error }) : error));
    sent.end(body);
  });
}

export function notRunning(
  where: string,
  about: { readonly cause?: unknown; readonly hint?: string } = {},
): KeelsonError {
  return new KeelsonError("platform/not-running", `no platform is running ${where}`, about);
}

function isNotListening(error: unknown): boolean {
  return isSystemError(error) && ["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes(error.code);
}
