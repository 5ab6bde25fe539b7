import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan } from "../../plan/plan.js";
import { manifests } from "../../render/kubernetes/index.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { KubernetesClient } from "../client.js";
import { describe, identity } from "../live-object.js";
import { comparable, type FieldChange } from "./compare.js";
import { type Decision, decide, marked, type Refusal, type Step } from "./decide.js";
import { execute } from "./execute.js";
import { waitForVolumes } from "./expand.js";
import { autoscaledBy, type ForeignObject, foreignObjects } from "./foreign-objects.js";
import { incomplete } from "./incomplete.js";
import { DeployLease, type LeaseTimes } from "./lease.js";
import { kindOf, ownedLabels, readLiveState } from "./live-state.js";
import { namespaceExists } from "./namespace.js";
import { rank } from "./order.js";
import { inParallel } from "./parallel.js";
import { preview } from "./preview.js";
import { previewGrowth } from "./preview-growth.js";
import { previewPods } from "./preview-pods.js";
import { refuseOverQuota } from "./quota.js";
import { minimumReplicas, ROLLING_KINDS, type Rollout } from "./rollout.js";
import { decideSecrets, type SecretStep, writeSecret } from "./secrets.js";
import { refuseLostMembers } from "./store-members.js";
import { waitForRollouts } from "./wait.js";

export interface DeployOptions {
  /** Send every object as a server-side dry run and change nothing. */
  readonly dryRun: boolean;
  /** Time limit of the rollouts, and of the wait for another deploy. */
  readonly timeoutMs: number;
  /** Take over fields of other field managers. */
  readonly force: boolean;
  /** Identifies this deploy to others that wait for it; unique. */
  readonly holder: string;
  readonly leaseTimes?: LeaseTimes;
  /** Cancels the deploy, which releases the lease and throws the reason of the signal. */
  readonly signal: AbortSignal;
  readonly random: (bytes: number) => string;
  readonly report: Reporter;
}

/** Receives each step as it is done. */
export interface Reporter {
  waiting(message: string): void;
  /** Objects that the API server has validated. */
  validated(done: number, total: number): void;
  warning(message: string): void;
  secret(step: SecretStep): void;
  step(step: Step): void;
  rollout(rollout: Rollout, reasons: readonly string[]): void;
}

export interface StepResult {
  readonly object: string;
  readonly action: Step["action"];
  readonly reason: string;
  /** The fields that change, with the other field manager that wrote them, if there is one. */
  readonly changes: readonly FieldChange[];
  /** The object before and after the step, without its status and server metadata; undefined if it does not exist. */
  readonly live: unknown;
  readonly expected: unknown;
}

export interface DeployResult {
  readonly namespace: string;
  readonly dryRun: boolean;
  /** The namespace does not exist yet, so the dry run of its objects used `default`. */
  readonly triedElsewhere: boolean;
  readonly secrets: readonly { readonly name: string; readonly action: SecretStep["action"] }[];
  readonly steps: readonly StepResult[];
  /** Objects of other owners that open connections to the platform's pods, or scale them. */
  readonly foreign: readonly ForeignObject[];
  readonly warnings: readonly string[];
  readonly rollouts: readonly Rollout[];
  readonly reasons: Readonly<Record<string, string>>;
  readonly outcome: "done" | "failed" | "timed-out";
}

/**
 * Deploys a Plan to a cluster: validates every object by a dry run, creates missing secrets, applies the objects, waits for
 * the rollouts, and then prunes objects that are no longer rendered. A failed deploy prunes nothing. A Lease in the namespace
 * serialises deploys.
 *
 * @throws KeelsonError `deploy/…`, and `KubernetesError` of any request.
 */
export async function deploy(client: KubernetesClient, plan: Plan, options: DeployOptions): Promise<DeployResult> {
  // The lease has connections of its own: it is renewed while the others wait, and released after a cancellation.
  const cancellable = client.cancellable(options.signal);
  try {
    return await deployWith(cancellable, client, plan, options);
  } finally {
    await cancellable.close();
  }
}

async function deployWith(
  client: KubernetesClient,
  leaseClient: KubernetesClient,
  plan: Plan,
  options: DeployOptions,
): Promise<DeployResult> {
  const prepared = await prepare(client, plan, options, undefined);
  const { namespaceIsMissing } = prepared;
  if (options.dryRun) {
    report(options.report, prepared);
    return result(plan, prepared, true, { rollouts: [], reasons: {}, timedOut: false });
  }
  if (namespaceIsMissing)
    await applyAll(
      { client, uninterrupted: leaseClient },
      namespaceSteps(prepared.steps),
      () => undefined,
      options.report.step,
    );
  const lease = await DeployLease.acquire(leaseClient, {
    namespace: plan.namespace,
    holder: options.holder,
    waitMs: options.timeoutMs,
    waiting: options.report.waiting,
    signal: options.signal,
    ...(options.leaseTimes && { times: options.leaseTimes }),
  });
  try {
    // Decided again under the lease: another deploy may have ended in between.
    return await deployUnder(lease, { client, uninterrupted: leaseClient }, plan, options);
  } finally {
    await lease.release();
  }
}

interface Clients {
  /** Cancelled with the deploy. */
  readonly client: KubernetesClient;
  /** For steps that must not end halfway. */
  readonly uninterrupted: KubernetesClient;
}

async function deployUnder(
  lease: DeployLease,
  clients: Clients,
  plan: Plan,
  options: DeployOptions,
): Promise<DeployResult> {
  const { client } = clients;
  const prepared = await prepare(client, plan, options, lease.deployedKinds);
  const { rendered, secrets, steps } = prepared;
  const held = () => {
    options.signal.throwIfAborted();
    lease.assertHeld();
  };
  for (const warning of prepared.warnings) options.report.warning(warning);
  await lease.record([...new Set([...(lease.deployedKinds ?? []), ...rendered.map(kindOf)])]);
  const applied = steps.filter((step) => step.action !== "prune");
  const pruned = steps.filter((step) => step.action === "prune");
  const early = pruned.filter((step) => isReplacedAutoscaler(step, rendered));
  const late = pruned.filter((step) => !early.includes(step));
  const done = new Set<Step>();
  const apply = async (chosen: readonly Step[]) => {
    await applyAll(clients, chosen, held, (step) => {
      done.add(step);
      options.report.step(step);
    }).catch((error: unknown) => {
      throw incomplete(error, steps, done);
    });
  };
  await apply(namespaceSteps(applied));
  for (const step of secrets) {
    held();
    await writeSecret(client, plan, step, options.random, false);
    options.report.secret(step);
  }
  await apply(early);
  await apply(applied.filter((step) => step.object.kind !== "Namespace"));
  const growths = applied.flatMap((step) => (step.action === "apply" ? (step.growth?.claims ?? []) : []));
  const restingOnVolumes = waitForVolumes(client, growths, {
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    progress: options.report.rollout,
  });
  const restingOnRollouts = waitForRollouts(client, {
    namespace: plan.namespace,
    labels: ownedLabels(plan),
    wanted: new Set(
      rendered.filter(({ kind }) => ROLLING_KINDS.some((row) => row.kind === kind)).map((object) => identity(object)),
    ),
    minimum: minimumReplicas(rendered),
    timeoutMs: options.timeoutMs,
    progress: options.report.rollout,
  });
  const [volumes, workloads] = await Promise.all([restingOnVolumes, restingOnRollouts]);
  const waited = {
    ...workloads,
    rollouts: [...volumes, ...workloads.rollouts],
    timedOut: workloads.timedOut || volumes.some(({ state }) => state === "waiting"),
  };
  const finished = result(plan, prepared, false, waited);
  if (finished.outcome !== "done") return finished;
  await apply(late);
  const kept = steps.filter((step) => step.action === "keep").map(({ object }) => kindOf(object));
  await lease.record([...new Set([...rendered.map(kindOf), ...kept])]);
  return finished;
}

interface Prepared extends Decision {
  readonly rendered: readonly Manifest[];
  readonly secrets: readonly SecretStep[];
  readonly foreign: readonly ForeignObject[];
  readonly namespaceIsMissing: boolean;
}

/**
 * Reads the cluster, validates every object and decides the steps. Changes nothing.
 *
 * @throws KeelsonError with every reason why the platform cannot be applied.
 */
async function prepare(
  client: KubernetesClient,
  plan: Plan,
  options: DeployOptions,
  deployedKinds: readonly string[] | undefined,
): Promise<Prepared> {
  const rendered = manifests(plan).map(({ object }) => marked(object));
  const namespaceIsMissing = !(await namespaceExists(client, plan));
  const secrets = await decideSecrets(client, plan);
  // The values of a dry run are not stored.
  if (!namespaceIsMissing) await inParallel(secrets, (step) => writeSecret(client, plan, step, options.random, true));
  const live = await readLiveState(client, plan, rendered, deployedKinds);
  const accepted = await preview(client, rendered, {
    live: (object) => live.rendered.get(identity(object)),
    elsewhere: namespaceIsMissing ? "default" : undefined,
    progress: options.report.validated,
  });
  const previews = namespaceIsMissing ? accepted : await previewGrowth(client, plan.namespace, accepted);
  const foreign = foreignObjects(rendered, live.others, ownedLabels(plan));
  const decision = decide({
    previews,
    leftOver: live.leftOver,
    configMapsInUse: live.configMapsInUse,
    autoscaled: autoscaledBy(foreign),
    force: options.force,
  });
  const created = [
    ...decision.steps.filter((step) => step.action === "apply" && step.live === undefined).map(({ object }) => object),
    ...secrets.filter(({ action }) => action === "create").map(({ reference }) => reference),
  ];
  const admitted = namespaceIsMissing ? { refusals: [], warnings: [] } : await previewPods(client, decision.steps);
  const overQuota = namespaceIsMissing ? [] : await refuseOverQuota(client, plan.namespace, created);
  refuse([...decision.refusals, ...refuseLostMembers(plan, previews), ...admitted.refusals, ...overQuota]);
  const warnings = [
    ...live.warnings,
    ...decision.warnings,
    ...admitted.warnings,
    ...secrets.flatMap(({ warnings }) => warnings),
  ];
  return { ...decision, warnings, rendered, secrets, foreign, namespaceIsMissing };
}

function refuse(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const groups = new Map<string, Refusal & { readonly objects: string[] }>();
  for (const refusal of refusals) {
    // A webhook or a quota that denies everything is one reason.
    const key = JSON.stringify([refusal.reasons, refusal.hint]);
    const known = groups.get(key);
    if (known) known.objects.push(refusal.object);
    else groups.set(key, { ...refusal, objects: [refusal.object] });
  }
  const conflictsOnly = refusals.every(({ kind }) => kind === "conflict");
  throw new KeelsonError(
    conflictsOnly ? "deploy/conflict" : "deploy/rejected",
    `nothing was applied, because ${refusals.length === 1 ? "one object" : `${refusals.length} objects`} cannot be`,
    {
      details: [...groups.values()].flatMap(({ objects, reasons, hint }) => [
        ...reasons.map((reason) => `${objects.join(", ")}: ${reason}`),
        ...hint.map((line) => `  ${line}`),
      ]),
    },
  );
}

/** Applies in the order of kinds; objects of one kind at the same time. */
async function applyAll(
  { client, uninterrupted }: Clients,
  steps: readonly Step[],
  assertHeld: () => void,
  report: (step: Step) => void,
): Promise<void> {
  const groups = new Map<number, Step[]>();
  for (const step of steps) groups.set(rank(step.object), [...(groups.get(rank(step.object)) ?? []), step]);
  for (const group of groups.values())
    await inParallel(group, async (step) => {
      assertHeld();
      // Between its deletion and its creation a StatefulSet replaces no failed pod.
      const isRecreation = step.action === "apply" && step.growth?.recreate === true;
      await execute(isRecreation ? uninterrupted : client, step);
      report(step);
    });
}

/** An autoscaler that is no longer rendered, of a workload that is: it must not scale the workload after its apply. */
function isReplacedAutoscaler({ object }: Step, rendered: readonly Manifest[]): boolean {
  return (
    object.kind === "HorizontalPodAutoscaler" &&
    rendered.some(
      ({ kind, metadata }) =>
        kind !== object.kind &&
        ROLLING_KINDS.some((row) => row.kind === kind) &&
        metadata.name === object.metadata.name,
    )
  );
}

/** The namespace is applied before the secrets and all other objects. */
function namespaceSteps(steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => step.object.kind === "Namespace");
}

function report(reporter: Reporter, { warnings, secrets, steps }: Prepared): void {
  for (const warning of warnings) reporter.warning(warning);
  for (const step of secrets) reporter.secret(step);
  for (const step of steps) reporter.step(step);
}

function result(
  plan: Plan,
  { secrets, steps, foreign, warnings, namespaceIsMissing }: Prepared,
  dryRun: boolean,
  waited: Awaited<ReturnType<typeof waitForRollouts>>,
): DeployResult {
  const failed = waited.rollouts.some((rollout) => rollout.state === "failed");
  return {
    namespace: plan.namespace,
    dryRun,
    triedElsewhere: dryRun && namespaceIsMissing,
    secrets: secrets.map(({ name, action }) => ({ name, action })),
    steps: steps.map(stepResult),
    foreign,
    warnings,
    rollouts: waited.rollouts,
    reasons: waited.reasons,
    outcome: failed ? "failed" : waited.timedOut ? "timed-out" : "done",
  };
}

function stepResult(step: Step): StepResult {
  const { object, action, reason } = step;
  const isApply = step.action === "apply";
  return {
    object: describe(object),
    action,
    reason,
    changes: isApply ? step.changes : [],
    live: comparable(isApply ? step.live : step.object),
    expected: action === "prune" ? undefined : comparable(isApply ? step.expected : step.object),
  };
}
