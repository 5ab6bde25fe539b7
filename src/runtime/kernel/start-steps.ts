import type { Logger } from "pino";
import { messageOf } from "../../errors/thrown.js";
import { UndoStack } from "../../lifecycle/undo-stack.js";
import type { Milliseconds } from "../../plan/plan.js";
import type { Running } from "./module.js";

/** Time to release what the steps before a failed one have acquired. */
const FAILED_START_GRACE_MS: Milliseconds = 5_000;

/**
 * Starts a module in steps, each with its release. If a step fails, the steps before it are undone and its error is thrown. The
 * stop of the module undoes all of them, newest first; it rejects, after the last one, if any release failed.
 */
export async function startInSteps<Client>(
  log: Logger,
  start: (undo: UndoStack) => Promise<Omit<Running<Client>, "stop">>,
): Promise<Running<Client>> {
  const failures: string[] = [];
  const undo = new UndoStack({ onFailure: (step, error) => failures.push(`${step}: ${messageOf(error)}`) });
  try {
    const started = await start(undo);
    return {
      ...started,
      async stop(signal) {
        await undo.run(signal);
        if (failures.length > 0) throw new Error(failures.join("; "));
      },
    };
  } catch (error) {
    await undo.run(AbortSignal.timeout(FAILED_START_GRACE_MS));
    if (failures.length > 0) log.error({ failures }, "cleanup of a failed start failed");
    throw error;
  }
}
