import { setTimeout as sleep } from "node:timers/promises";
import { callControl } from "../../local/control/client.js";
import { statusSchema } from "../../local/status.js";
import { coloursFor } from "../terminal/colours.js";
import { printError } from "../terminal/output.js";

const POLL_INTERVAL_MS = 500;
const REQUEST_TIMEOUT_MS = 5_000;

const paint = coloursFor(process.stderr, process.env);

/** Runs `work` and prints on stderr what the platform's recovery does meanwhile, each step once. */
export async function withBusyProgress<Result>(control: string, work: Promise<Result>): Promise<Result> {
  const ended = new AbortController();
  const progress = printBusy(control, ended.signal);
  try {
    return await work;
  } finally {
    ended.abort();
    await progress;
  }
}

async function printBusy(control: string, signal: AbortSignal): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    // The progress is only information: the request that does the work reports the errors.
    const status = await callControl(control, "/status", statusSchema, { timeoutMs: REQUEST_TIMEOUT_MS }).catch(
      () => undefined,
    );
    const busy = status?.backups.busy;
    if (busy !== undefined && busy !== last && !signal.aborted) printError(paint.dim(`· ${busy}\n`));
    last = busy ?? last;
    await sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}
