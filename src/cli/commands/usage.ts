import { type Command, Option } from "commander";
import type { UsageOptions } from "../use/usage.js";
import { USAGE_DIMENSIONS } from "./choices.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareUsage(program: Command): void {
  addConnectionOptions(program.command("usage"))
    .description("show requests and tokens of the usage ledger")
    .option("--by <dimensions>", `group rows by ${USAGE_DIMENSIONS.join(", ")}; separate several with commas`, "model")
    .option("--from <when>", "start of the range, inclusive: 2026-05-04, 2026-05-04T13:00:00Z, or 24h (24 hours ago)")
    .option("--to <when>", "end of the range, exclusive (same formats)")
    .option("-o, --organisation <id>", "only this organisation")
    .option("-m, --model <name>", "only this model")
    .option("--top <number>", "only this many groups with the most requests, and the others combined")
    .option("--of-key <id>", "only this API key")
    .option("--drills", "include the load of drills")
    .addOption(new Option("--csv", "print CSV").conflicts("json"))
    .option("--json", "print JSON")
    .action(async (options: UsageOptions) => (await import("../use/usage.js")).usage(options));
}
