import type { Plan } from "../../plan/plan.js";
import { manifests } from "../../render/kubernetes/index.js";
import type { KubernetesClient } from "../client.js";
import { describe, identity, type ObjectReference } from "../live-object.js";
import { decide, type Step } from "./decide.js";
import { execute } from "./execute.js";
import { ownedLabels, readLiveState } from "./live-state.js";
import { ROLLING_KINDS, type Rollout } from "./rollout.js";
import { decideSecrets, type SecretStep, writeSecret } from "./secrets.js";
import { waitForRollouts } from "./wait.js";

export interface DeployOptions {
  /** Send every object as a server-side dry run and change nothing. */
  readonly dryRun: boolean;
  /** Time limit of the rollouts. */
  readonly timeoutMs: number;
  /** Take over fields of other field managers. */
  readonly force: boolean;
  readonly random: (bytes: number) => string;
  readonly report: Reporter;
}

/** Receives each step as it is done. */
export interface Reporter {
  secret(step: SecretStep): void;
  step(step: Step): void;
  rollout(rollout: Rollout, reasons: readonly string[]): void;
}

export interface DeployResult {
  readonly namespace: string;
  readonly dryRun: boolean;
  /** The namespace does not exist yet, so the dry run of its objects used `default`. */
  readonly triedElsewhere: boolean;
  readonly secrets: readonly { readonly name: string; readonly action: SecretStep["action"] }[];
  readonly steps: readonly { readonly object: string; readonly action: Step["action"]; readonly reason: string }[];
  readonly rollouts: readonly Rollout[];
  readonly reasons: Readonly<Record<string, string>>;
  readonly outcome: "done" | "failed" | "timed-out";
}

/**
 * Deploys a Plan to a cluster: creates missing secrets, applies the objects, waits for the rollouts, and then prunes objects
 * that are no longer rendered. A failed deploy prunes nothing.
 *
 * @throws KeelsonError `deploy/missing-secret`, and `KubernetesError` of any request.
 */
export async function deploy(client: KubernetesClient, plan: Plan, options: DeployOptions): Promise<DeployResult> {
  const rendered = manifests(plan).map(({ object }) => object);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: plan.namespace } };
  const triedElsewhere = options.dryRun && (await client.get(namespace)) === undefined;
  const secretSteps = await decideSecrets(client, plan);
  const steps = decide(rendered, await readLiveState(client, plan, rendered));
  const { dryRun, force } = options;
  const executeAll = async (which: readonly Step[]) => {
    for (const step of which) {
      await execute(client, step, { dryRun, force, dryRunNamespace: triedElsewhere ? "default" : undefined });
      options.report.step(step);
    }
  };

  await executeAll(steps.filter((step) => step.action !== "prune" && isNamespace(step)));
  for (const step of secretSteps) {
    if (!triedElsewhere) await writeSecret(client, plan, step, options.random, dryRun);
    options.report.secret(step);
  }
  await executeAll(steps.filter((step) => step.action !== "prune" && !isNamespace(step)));

  const waited = dryRun
    ? { rollouts: [], reasons: {}, timedOut: false }
    : await waitForRollouts(client, {
        namespace: plan.namespace,
        labels: ownedLabels(plan),
        wanted: rollingIn(rendered),
        timeoutMs: options.timeoutMs,
        progress: options.report.rollout,
      });
  const failed = waited.rollouts.some((rollout) => rollout.state === "failed");
  const outcome = failed ? "failed" : waited.timedOut ? "timed-out" : "done";
  if (outcome === "done") await executeAll(steps.filter((step) => step.action === "prune"));
  return {
    namespace: plan.namespace,
    dryRun,
    triedElsewhere,
    secrets: secretSteps.map(({ name, action }) => ({ name, action })),
    steps: steps.map(({ object, action, reason }) => ({ object: describe(object), action, reason })),
    rollouts: waited.rollouts,
    reasons: waited.reasons,
    outcome,
  };
}

/** The namespace is applied before the secrets and all other objects. */
function isNamespace(step: Step): boolean {
  return step.object.kind === "Namespace";
}

function rollingIn(rendered: readonly ObjectReference[]): ReadonlySet<string> {
  return new Set(rendered.filter(({ kind }) => ROLLING_KINDS.some((row) => row.kind === kind)).map(identity));
}
