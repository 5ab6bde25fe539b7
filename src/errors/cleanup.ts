import { KeelsonError } from "./keelson-error.js";
import { messageOf } from "./thrown.js";

/**
 * Cleans up after a failed operation, then throws `error`. If the clean-up fails too, its message is added to the message of
 * `error`, whose code and hint stay: the first failure is the cause, and the second what is left to repair.
 */
export async function throwAfterCleanup(error: unknown, cleanup: () => Promise<unknown>): Promise<never> {
  try {
    await cleanup();
  } catch (failure) {
    // The same failure twice, such as an unreachable repository.
    if (messageOf(failure) === messageOf(error)) throw error;
    const message = `${messageOf(error)} (the cleanup failed too: ${messageOf(failure)})`;
    if (error instanceof KeelsonError) throw new KeelsonError(error.code, message, { hint: error.hint, cause: error });
    throw new Error(message, { cause: error });
  }
  throw error;
}
