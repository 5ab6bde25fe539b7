import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { asSuperuser, type Server } from "../../postgres/server.js";
import type { LogArchive } from "./log-archive.js";

/**
 * Writes a restore point, switches the WAL segment that contains it, and waits until the repository has it. Returns the
 * milliseconds that it took. Throws `log/not-archived` after the timeout; `why` returns the archiver's failure, if any.
 */
export async function probeLog(
  server: Pick<Server, "superuser">,
  archive: LogArchive,
  timeoutMs: number,
  why: () => string | undefined,
): Promise<number> {
  const startedAt = Date.now();
  const segment = await switchSegment(server);
  for (; Date.now() - startedAt < timeoutMs; await sleep(50))
    if (await archive.has(segment)) return Date.now() - startedAt;
  const reason = why();
  throw new KeelsonError(
    "log/not-archived",
    `log segment ${segment} was not archived within ${Math.round(timeoutMs / 100) / 10} s${reason ? `: ${reason}` : ""}`,
  );
}

async function switchSegment(server: Pick<Server, "superuser">): Promise<string> {
  return asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query(
      "SELECT pg_walfile_name(pg_create_restore_point('keelson-probe')) AS name, pg_switch_wal()",
    );
    return z.object({ name: z.string() }).parse(rows[0]).name;
  });
}
