import { verifyRanges } from "../../contracts/audit-ranges.js";
import { auditRoutes } from "../../contracts/routes/accounts.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printError, printJson, printResult } from "../terminal/output.js";
import { table } from "../terminal/table.js";

export interface AuditOptions extends ConnectionOptions {
  readonly organisation?: string;
  readonly json?: boolean;
}

export interface ReadAuditOptions extends AuditOptions {
  readonly lines: number;
}

export interface VerifyAuditOptions extends AuditOptions {
  /** Only entries after the one with this id. */
  readonly after?: number;
}

const MAX_PAGE_ENTRIES = 500;

const paint = coloursFor(process.stdout, process.env);

/** `keelson audit`: the newest entries, newest first. */
export async function readAudit(options: ReadAuditOptions): Promise<void> {
  const connection = await connect(options);
  const entries = [];
  let before: number | undefined;
  let next: number | null;
  do {
    const limit = Math.min(MAX_PAGE_ENTRIES, options.lines - entries.length);
    const query = { organisation: options.organisation, before, limit };
    const page = await callAdmin(connection, auditRoutes.readAudit, { query });
    entries.push(...page.entries);
    next = page.next;
    before = next ?? undefined;
  } while (next !== null && entries.length < options.lines);
  if (options.json) return printJson({ entries, next });
  if (entries.length === 0) return printError("no entries\n");
  const head = ["TIME (UTC)", "ACTOR", "ACT", "SUBJECT", "ORGANISATION"].map(paint.dim);
  const rows = entries.map(({ at, actor, act, subject, organisation }) => [
    at.slice(0, 19).replace("T", " "),
    actor,
    act,
    subject,
    organisation ?? "(platform)",
  ]);
  print(table([head, ...rows], ""));
  if (next !== null) printError("older entries exist; show more with --lines\n");
}

/** `keelson audit verify`. Exit code 1 if an entry was changed or removed. */
export async function verifyAudit({ after: start = 0, ...options }: VerifyAuditOptions): Promise<void> {
  const connection = await connect(options);
  const verdict = await verifyRanges(
    (after) => callAdmin(connection, auditRoutes.verifyAudit, { query: { organisation: options.organisation, after } }),
    start,
  );
  const { after, intact, entries, head, brokenAt, truncated } = verdict;
  const name = verdict.organisation ?? "all organisations and the platform";
  const what = truncated
    ? ": the newest entries were removed"
    : brokenAt === null
      ? ""
      : `: entry ${brokenAt} was changed, or the one before it was removed`;
  printResult(options.json, verdict, () =>
    intact
      ? `${name}: ${entries} entries${after > 0 ? ` after ${after}` : ""}, ${paint.green("intact")}, newest hash ${head}` +
        (after > 0 ? "; earlier entries were not read" : "")
      : `${name}: ${paint.red("NOT INTACT")}${what}`,
  );
  if (!intact) process.exitCode = 1;
}
