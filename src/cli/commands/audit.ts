import type { Command } from "commander";
import type { AuditOptions, ReadAuditOptions, VerifyAuditOptions } from "../use/audit.js";
import { wholeNumber } from "./option-values.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareAudit(program: Command): void {
  const audit = addConnectionOptions(program.command("audit"))
    .description("show the audit log: who did what, newest first")
    .option("-o, --organisation <id>", "only this organisation (default: all that you may see)")
    .option("-n, --lines <count>", "number of entries", wholeNumber(1, 100_000), 50)
    .option("--json", "print the entries as JSON")
    .action(async (options: ReadAuditOptions) => (await import("../use/audit.js")).readAudit(options));

  addConnectionOptions(audit.command("verify"))
    .description("verify that no entry of an organisation's audit log was changed or removed")
    .option("-o, --organisation <id>", "organisation (default: your own)")
    .option(
      "--after <id>",
      "only entries after the one with this id, not the whole log",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option("--json", "print the result as JSON")
    .action(async (_own: AuditOptions, command: Command) =>
      (await import("../use/audit.js")).verifyAudit(command.optsWithGlobals<VerifyAuditOptions>()),
    );
}
