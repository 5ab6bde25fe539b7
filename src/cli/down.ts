import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ownerNow } from "../disk/lock.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { askControl } from "../local/control/client.js";
import { type ConnectionOptions, findRunning } from "./connection.js";

const stopping = z.object({ pid: z.number() });
const PATIENCE = 60_000;

export interface DownOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson down`. */
export async function down(options: DownOptions): Promise<void> {
  const running = await findRunning(options);
  const { pid } = await askControl(running.control, "/stop", stopping, { method: "POST", timeout: 10_000 });
  await gone(pid);
  const told = { platform: running.platform, environment: running.environment, pid, data: running.data };
  process.stdout.write(
    options.json ? `${JSON.stringify(told)}\n` : `${told.platform} (${told.environment}) has ended\n`,
  );
}

async function gone(pid: number): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(50))
    if ((await ownerNow(pid)) === undefined) return;
  throw new KeelsonError("platform/ending", `the platform has not ended within ${PATIENCE / 1000} s (pid ${pid})`);
}
