import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";

/** The message of `keelson serve` to its supervisor over the IPC channel: the error with which its start failed. */
const serveReport = z.object({
  kind: z.literal("failed"),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

export type ServeReport = z.infer<typeof serveReport>;

/** The report of a start that failed with `error`. */
export function serveReportOf(error: unknown): ServeReport {
  const reported = error instanceof KeelsonError ? error : new KeelsonError("internal", messageOf(error));
  return { kind: "failed", code: reported.code, message: reported.message, hint: reported.hint };
}

/** The error in a message of the IPC channel; undefined for any other message. */
export function reportedError(message: unknown): KeelsonError | undefined {
  const parsed = serveReport.safeParse(message);
  if (!parsed.success) return undefined;
  return KeelsonError.fromReport(parsed.data.code, parsed.data.message, parsed.data.hint);
}
