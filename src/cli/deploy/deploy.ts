import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { unkept, unkeptText } from "../../check/unkept.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import { KubernetesClient } from "../../kubernetes/client.js";
import {
  type DeployOptions as Deploy,
  type DeployResult,
  deploy,
  type Reporter,
} from "../../kubernetes/deploy/index.js";
import { connectionFrom } from "../../kubernetes/kubeconfig.js";
import { describe } from "../../kubernetes/live-object.js";
import type { Plan } from "../../plan/plan.js";
import { targets } from "../../render/targets.js";
import { today } from "../design/today.js";
import { fileOrDefault, loadPlan } from "../platform/load.js";
import { printError, printJson } from "../terminal/output.js";
import { quoted } from "../terminal/quoted.js";
import { ENDING } from "../terminal/signals.js";
import { printForeign, showDifferences } from "./deploy-differences.js";

export interface DeployOptions {
  readonly environment?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly dryRun?: true;
  readonly diff?: true;
  readonly forceConflicts?: true;
  readonly allowPlainHttp?: true;
  readonly timeout: number;
  readonly json?: true;
}

/** `keelson deploy`. */
export async function deployPlatform(given: string | undefined, options: DeployOptions): Promise<void> {
  const file = await fileOrDefault(given, "read");
  const plan = await loadPlan(file, options.environment);
  const { kubeconfig, context } = options;
  const connection = await connectionFrom({ kubeconfig, context, environment: process.env });
  const client = new KubernetesClient(connection, { allowPlainHttp: options.allowPlainHttp === true });
  const cancelled = new AbortController();
  // Once: the same signal again ends the process at once, and its lease expires.
  for (const signal of ENDING)
    process.once(signal, () => cancelled.abort(new KeelsonError("deploy/cancelled", `cancelled by ${signal}`)));
  try {
    printError(
      `${plan.platform} (${plan.environment}) → namespace ${plan.namespace}, ${singleLine(client.description)}\n`,
    );
    for (const warning of client.warnings) printError(`warning: ${singleLine(warning)}\n`);
    if (!options.diff)
      for (const note of targets.kubernetes.render(plan).notes)
        printError(`note ${singleLine(`${note.path}: ${note.message}`)}\n`);
    if (!options.diff) warnOfUnkept(plan, file);
    const settings: Deploy = {
      dryRun: options.dryRun === true || options.diff === true,
      force: options.forceConflicts === true,
      timeoutMs: options.timeout,
      holder: `${userInfo().username}@${hostname()} (pid ${process.pid}, ${randomBytes(3).toString("hex")})`,
      signal: cancelled.signal,
      random: (bytes) => randomBytes(bytes).toString("base64url"),
      report: options.diff ? quiet : toStderr,
    };
    const result = await deploy(client, plan, settings);
    if (options.diff) showDifferences(result, options.json === true);
    else if (options.json) printJson(withoutObjects(result));
    else summarise(result);
    if (result.outcome !== "done") process.exitCode = 1;
  } finally {
    await client.close();
  }
}

/** What the design cannot keep, in one line. It does not stop the deploy: a promise may be kept later. */
function warnOfUnkept(plan: Plan, file: string): void {
  const text = unkeptText(unkept(plan, today()));
  if (text !== undefined)
    printError(`warning: ${text}: keelson check ${quoted(file)} -e ${quoted(plan.environment)}\n`);
}

/** Whole objects are for `--diff`. */
function withoutObjects(result: DeployResult) {
  return { ...result, steps: result.steps.map(({ live: _, expected: __, ...step }) => step) };
}

const PROGRESS_EVERY_MS = 5000;

/** Silent where the API server and its webhooks are fast. */
function printProgress(): Reporter["validated"] {
  let printedAt = performance.now();
  return (done, total) => {
    if (performance.now() - printedAt < PROGRESS_EVERY_MS) return;
    printedAt = performance.now();
    printError(`  ${done} of ${total} objects validated\n`);
  };
}

const toStderr: Reporter = {
  waiting: (message) => printError(`  ${singleLine(message)}\n`),
  validated: printProgress(),
  warning: (message) => printError(`warning: ${singleLine(message)}\n`),
  secret: (step) => {
    if (step.action !== "keep") printError(`  secret ${step.name}: ${step.action} ${step.missing.join(", ")}\n`);
  },
  step: (step) => {
    if (step.action !== "keep") printError(`  ${step.action} ${describe(step.object)}: ${singleLine(step.reason)}\n`);
  },
  rollout: ({ name, state, ready, wanted, why }, reasons) => {
    const detail = state === "done" ? "rolled out" : why;
    printError(`  ${name}: ${ready}/${wanted} ready, ${singleLine(detail)}\n`);
    for (const reason of reasons) printError(`    ${singleLine(reason)}\n`);
  },
};

const quiet: Reporter = { ...toStderr, validated: () => undefined, secret: () => undefined, step: () => undefined };

function summarise(result: DeployResult): void {
  printForeign(result);
  const count = (action: string) => result.steps.filter((step) => step.action === action).length;
  const would = result.dryRun ? "would be " : "";
  printError(
    `${count("apply")} ${would}applied, ${count("prune")} ${would}pruned, ${count("keep")} unchanged in ${result.namespace}\n`,
  );
  if (result.triedElsewhere)
    printError(`the namespace does not exist yet, so the dry run of its objects used the namespace default\n`);
  if (result.outcome === "done") return;
  printError(
    `${result.outcome === "failed" ? "failed" : "not rolled out within the time limit"}; nothing was pruned:\n`,
  );
  for (const rollout of result.rollouts.filter(({ state }) => state !== "done"))
    printError(`  ${rollout.name}: ${rollout.ready}/${rollout.wanted} ready, ${singleLine(rollout.why)}\n`);
  for (const [pod, reason] of Object.entries(result.reasons)) printError(`  Pod ${pod}: ${singleLine(reason)}\n`);
}
