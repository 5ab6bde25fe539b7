import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { diskError } from "../../../disk/disk-errors.js";
import { type Lock, type Owner, waitForLock } from "../../../disk/lock.js";
import { KeelsonError } from "../../../errors/keelson-error.js";

/**
 * Makes a log's directory, if need be, and this process its one owner: two that wrote the same files would number them
 * alike, and settle each other's requests. A living owner may be finishing its answers after its supervisor was killed,
 * and is waited for, at most `patience` milliseconds. Throws `usage/log-in-use` when it goes on.
 */
export async function ownDirectory(directory: string, log: Logger, patience: number): Promise<Lock> {
  const waiting = ({ pid }: Owner): void =>
    log.warn({ owner: pid, directory, patienceMs: patience }, "waiting for a process that still writes the usage log");
  const taken = await take(directory, patience, waiting).catch((error: unknown) => {
    throw diskError(error, directory);
  });
  if ("lock" in taken) return taken.lock;
  const { pid } = taken.owner;
  throw new KeelsonError("usage/log-in-use", `process ${pid} writes the usage log in ${directory}`, {
    hint: `end it first (kill ${pid}), or give this process a directory of its own: --data DIR`,
  });
}

async function take(directory: string, patience: number, onWait: (owner: Owner) => void) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return waitForLock(join(directory, "owner"), patience, onWait);
}
