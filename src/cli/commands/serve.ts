import type { Command } from "commander";
import type { ServeOptions } from "../run/serve.js";
import { listenAddress, listOfNames, peerAddress } from "../run/serve-options.js";
import { MODULES } from "./choices.js";
import { nonEmptyPath } from "./option-values.js";
import { addEnvironmentOption } from "./shared-options.js";

export function declareServe(program: Command): void {
  addEnvironmentOption(program.command("serve"))
    .description("run modules of the platform in this process (used by `keelson up` and by every container)")
    .argument("[file]", "platform file; or use --plan")
    .option("--plan <file>", "plan as printed by `keelson plan --json`")
    .option("--modules <names>", `modules, separated by commas: ${MODULES.join(", ")}`, listOfNames)
    .option("--listen <host:port>", "listen address (default 127.0.0.1:8800)", listenAddress)
    .option("--socket <path>", "Unix socket for the other processes of this machine, besides --listen", nonEmptyPath)
    .option("--metrics-listen <host:port>", "second listen address that serves only /metrics", listenAddress)
    .option("--data <directory>", "directory for the durable files of this process", nonEmptyPath)
    .option("--secrets <directory>", "directory of secrets: DIR/<name>/<key>", nonEmptyPath)
    .option(
      "--peer <module=url>",
      "base URL of a module that runs in another process, or unix:PATH of its socket; repeatable",
      peerAddress,
    )
    .option("--model <name>", "model that this process serves (engine module in its own pod)")
    .option("--unit <name>", "unit of the plan that this process is a replica of")
    .option("--public-url <url>", "public base URL of the platform")
    .action(async (file: string | undefined, options: ServeOptions) =>
      (await import("../run/serve.js")).serve(file, options),
    );
}
