import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { diskError } from "../../../disk/disk-errors.js";
import { type Lock, type Owner, waitForLock } from "../../../disk/lock.js";
import { KeelsonError } from "../../../errors/keelson-error.js";

/**
 * Creates the directory of a journal if necessary, and makes this process its only owner. Two owners would create files with the
 * same numbers and settle each other's requests. A running owner may be completing its responses after its supervisor was killed:
 * waits for it for at most `timeoutMs`, then throws `usage/log-in-use`.
 */
export async function ownDirectory(directory: string, log: Logger, timeoutMs: number): Promise<Lock> {
  const onWait = ({ pid }: Owner): void =>
    log.warn({ owner: pid, directory, timeoutMs }, "waiting for another process that uses the usage journal");
  const taken = await take(directory, timeoutMs, onWait).catch((error: unknown) => {
    throw diskError(error, directory);
  });
  if ("lock" in taken) return taken.lock;
  const { pid } = taken.owner;
  throw new KeelsonError("usage/log-in-use", `process ${pid} uses the usage journal in ${directory}`, {
    hint: `stop it first (kill ${pid}), or use another directory: --data DIR`,
  });
}

async function take(directory: string, timeoutMs: number, onWait: (owner: Owner) => void) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return waitForLock(join(directory, "owner"), timeoutMs, onWait);
}
