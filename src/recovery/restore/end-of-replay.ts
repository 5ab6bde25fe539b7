import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { KeelsonError } from "../../errors/keelson-error.js";
import { parseLogFile, parseLsn } from "../archive/segments.js";
import { transactionEnds } from "../archive/transaction-ends.js";
import type { Manifest } from "../backup/catalogue.js";
import { gap, momentBefore } from "./fetch-log.js";
import { replayPath } from "./replay-path.js";
import type { RestoreTarget } from "./target.js";

/** Where a server is to stop replaying the log that it was given. */
export type EndOfReplay =
  /** `newest`: when the last transaction in the log ended, epoch microseconds, where it was looked for. */
  | { readonly kind: "end-of-log"; readonly newest?: number }
  | { readonly kind: "moment"; readonly at: number }
  | { readonly kind: "restore-point" };

/** What is known of log that was not fetched, in which transactions may have ended before the moment. */
export interface Missing {
  /** The first file that is not there, though later ones are. */
  readonly hole: string | undefined;
  /** Why the newest part of the log did not reach the repository. */
  readonly lag: string | undefined;
}

/**
 * A server that is told a moment stops before the first transaction that ended later, and refuses to start when the log
 * has none: on a quiet platform the newest moments would have no state. Then the whole log is that state, unless
 * something of it is missing: nobody can say what was committed there.
 * `directory` holds the log. Throws `log/gap`, `log/not-archived`, `log/damaged`, `log/format`.
 */
export async function endOfReplay(
  directory: string,
  manifest: Manifest,
  target: RestoreTarget,
  missing: Missing,
): Promise<EndOfReplay> {
  if (target.kind === "latest") return { kind: "end-of-log" };
  if (target.kind === "restore-point") return target;
  const { later, newest } = await transactionsUntil(directory, manifest, target.at * 1000);
  if (later) return { kind: "moment", at: target.at };
  if (missing.hole !== undefined) throw gap(missing.hole, manifest, newest);
  if (missing.lag !== undefined)
    throw new KeelsonError(
      "log/not-archived",
      `the log up to ${new Date(target.at).toISOString()} is not in the repository: ${missing.lag}`,
      { hint: momentBefore(newest, manifest) ?? "`keelson status` shows how archiving stands" },
    );
  return { kind: "end-of-log", ...(newest !== undefined && { newest }) };
}

/** Whether a transaction ended after `moment`; if not, when the newest one did. Both in epoch microseconds. */
async function transactionsUntil(
  directory: string,
  manifest: Manifest,
  moment: number,
): Promise<{ later: boolean; newest: number | undefined }> {
  const names = await readdir(directory);
  const histories = new Map<string, string>();
  for (const name of names)
    if (name.endsWith(".history")) histories.set(name, await readFile(join(directory, name), "utf8"));
  const files = names.flatMap((name) => parseLogFile(name) ?? []);
  const path = replayPath(files, histories, manifest.firstSegment);
  const log = transactionEnds(parseLsn(manifest.startLsn));
  let newest: number | undefined;
  for (const [index, { name, position }] of path.entries()) {
    for (const end of log.read(position, await readFile(join(directory, name)))) {
      if (end > moment) return { later: true, newest: end };
      newest = Math.max(newest ?? end, end);
    }
    if (log.ended() && index < path.length - 1)
      throw new KeelsonError("log/damaged", `log segment ${name} ends too early: nothing after it can be replayed`, {
        hint: momentBefore(newest, manifest) ?? "restore an older or a newer backup; `keelson backups` lists them",
      });
  }
  return { later: false, newest };
}
