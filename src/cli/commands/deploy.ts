import { type Command, Option } from "commander";
import type { DeployOptions } from "../deploy/deploy.js";
import { positiveDuration } from "./option-values.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

const DEFAULT_ROLLOUT_TIMEOUT_MS = 600_000;

export function declareDeploy(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("deploy"), "read"))
    .description("apply the platform to a Kubernetes cluster and wait for its rollouts")
    .option("--context <name>", "context of the kubeconfig (default: its current context)")
    .option("--kubeconfig <file>", "kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)")
    .option("--dry-run", "validate every object on the API server (server-side dry run) and change nothing")
    .option(
      "--diff",
      "print what a deploy would change in the cluster, and change nothing; exit code 1 if there is any change",
    )
    .option("--force-conflicts", "take over fields that are owned by other field managers and controllers")
    .option("--allow-plain-http", "send credentials to an API server without TLS")
    .addOption(
      new Option("--timeout <duration>", "time limit of the rollouts, and of the wait for another deploy")
        .argParser(positiveDuration)
        .default(DEFAULT_ROLLOUT_TIMEOUT_MS, "10m"),
    )
    .option("--json", "print the result as one JSON document")
    .action(async (file: string | undefined, options: DeployOptions) =>
      (await import("../deploy/deploy.js")).deployPlatform(file, options),
    );
}
