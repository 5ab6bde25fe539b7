import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { diskError } from "../../../disk/disk-errors.js";
import { type Lock, type Owner, waitForLock } from "../../../disk/lock.js";
import { KeelsonError } from "../../../errors/keelson-error.js";

/**
 * Creates the directory of a journal, if need be, and makes this process its only owner: two that wrote the same files
 * would give them the same numbers, and settle each other's requests. A running owner may be finishing its answers after
 * its supervisor was killed. It is waited for, at most `timeoutMs`; then this throws `usage/log-in-use`.
 */
export async function ownDirectory(directory: string, log: Logger, timeoutMs: number): Promise<Lock> {
  const onWait = ({ pid }: Owner): void =>
    log.warn({ owner: pid, directory, timeoutMs }, "waiting for another process that writes the usage journal");
  const taken = await take(directory, timeoutMs, onWait).catch((error: unknown) => {
    throw diskError(error, directory);
  });
  if ("lock" in taken) return taken.lock;
  const { pid } = taken.owner;
  throw new KeelsonError("usage/log-in-use", `process ${pid} writes the usage log in ${directory}`, {
    hint: `end it first (kill ${pid}), or give this process a directory of its own: --data DIR`,
  });
}

async function take(directory: string, timeoutMs: number, onWait: (owner: Owner) => void) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return waitForLock(join(directory, "owner"), timeoutMs, onWait);
}
