import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { asSuperuser, type Server } from "../../postgres/server.js";
import type { LogArchive } from "./log-archive.js";

/**
 * Puts a mark into the log, closes the segment that holds it, and waits until the repository has it. Milliseconds that
 * it took. Throws `log/not-archived` when it takes longer than `patience`; `why` tells what the archiver says of it.
 */
export async function probeLog(
  server: Pick<Server, "superuser">,
  archive: LogArchive,
  patience: number,
  why: () => string | undefined,
): Promise<number> {
  const began = Date.now();
  const segment = await closeSegment(server);
  for (; Date.now() - began < patience; await sleep(50)) if (await archive.has(segment)) return Date.now() - began;
  const reason = why();
  throw new KeelsonError(
    "log/not-archived",
    `log segment ${segment} was not archived within ${Math.round(patience / 100) / 10} s${reason ? `: ${reason}` : ""}`,
  );
}

async function closeSegment(server: Pick<Server, "superuser">): Promise<string> {
  return asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query(
      "SELECT pg_walfile_name(pg_create_restore_point('keelson-probe')) AS name, pg_switch_wal()",
    );
    return z.object({ name: z.string() }).parse(rows[0]).name;
  });
}
