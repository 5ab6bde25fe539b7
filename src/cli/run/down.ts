import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ownerOfProcess } from "../../disk/lock.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { callControl } from "../../local/control/client.js";
import { type ConnectionOptions, findRunning } from "../platform/connection.js";
import { printResult } from "../terminal/output.js";

const stopping = z.object({ pid: z.number() });
const REQUEST_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;

export interface DownOptions extends ConnectionOptions {
  readonly json?: boolean;
  /** Prints nothing: another command reports the result. */
  readonly quiet?: boolean;
}

/** `keelson down`. Idempotent: if no platform is running there is nothing to stop, and the command succeeds. */
export async function down(options: DownOptions): Promise<void> {
  const stopped = await stop(options).catch((error: unknown) => {
    if (error instanceof KeelsonError && error.code === "platform/not-running") return error;
    throw error;
  });
  if (options.quiet) return;
  if (stopped instanceof KeelsonError) printResult(options.json, { stopped: false }, () => stopped.message);
  else
    printResult(
      options.json,
      { stopped: true, ...stopped },
      () => `${stopped.platform} (${stopped.environment}) has stopped`,
    );
}

async function stop(options: DownOptions) {
  const { control, platform, environment, data } = await findRunning(options);
  const { pid } = await callControl(control, "/stop", stopping, { method: "POST", timeoutMs: REQUEST_TIMEOUT_MS });
  await waitForExit(pid);
  return { platform, environment, pid, data };
}

/** Throws `platform/ending` if the process is still running after `STOP_TIMEOUT_MS`. */
async function waitForExit(pid: number): Promise<void> {
  for (const end = Date.now() + STOP_TIMEOUT_MS; Date.now() < end; await sleep(POLL_INTERVAL_MS))
    if ((await ownerOfProcess(pid)) === undefined) return;
  const seconds = STOP_TIMEOUT_MS / 1000;
  throw new KeelsonError("platform/ending", `the platform has not stopped within ${seconds} s (pid ${pid})`);
}
