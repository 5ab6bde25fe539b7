import { z } from "zod";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import { describe, identity, type LiveObject } from "../live-object.js";
import { diagnose } from "./diagnose.js";
import { workloadOf } from "./owner.js";
import { ROLLING_KINDS, type Rollout, rolloutOf, withFix } from "./rollout.js";

export interface WaitOptions {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Identities of the objects to wait for. */
  readonly wanted: ReadonlySet<string>;
  /** The minimum of the autoscaler of each workload, by `Deployment NAME`. */
  readonly minimum: ReadonlyMap<string, number>;
  readonly timeoutMs: number;
  /** Called when the progress of a rollout changes. */
  readonly progress: (rollout: Rollout, reasons: readonly string[]) => void;
}

export interface WaitResult {
  readonly rollouts: readonly Rollout[];
  /** Why pods are not ready, by pod. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly timedOut: boolean;
}

/** Delay before a new watch after the API server closed one, which it may do at any time. */
const RECONNECT_DELAY_MS = 200;

/** Watches until every rollout is done, one has failed, or the timeout has passed. */
export async function waitForRollouts(client: KubernetesClient, options: WaitOptions): Promise<WaitResult> {
  const awaited = ROLLING_KINDS.filter((row) =>
    [...options.wanted].some((wanted) => wanted.startsWith(`${row.apiVersion}/${row.kind}/`)),
  );
  const state = new RolloutState(options, awaited);
  if (options.wanted.size === 0) return state.result(false);
  const stop = new AbortController();
  const decided = new Promise<"decided">((resolve) => state.onDecided(() => resolve("decided")));
  const { labels } = options;
  const watches = [
    ...[...awaited, { apiVersion: "v1", kind: "Pod" }].map((row) =>
      follow(client, { ...row, labels }, options.namespace, state, stop.signal),
    ),
    follow(client, FAILED_CREATIONS, options.namespace, state, stop.signal).catch(ignoreForbidden),
  ];
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), options.timeoutMs);
  });
  try {
    // The watches end only with an error, which rejects the race.
    const outcome = await Promise.race([decided, timeout, Promise.all(watches).then(() => "decided" as const)]);
    return state.result(outcome === "timeout");
  } finally {
    clearTimeout(timer);
    stop.abort();
    await Promise.allSettled(watches);
  }
}

interface Followed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
}

/** StatefulSets and Jobs report only in an event that admission rejects their pods; a Deployment has a condition. */
const FAILED_CREATIONS: Followed = { apiVersion: "v1", kind: "Event", labels: {}, fields: { reason: "FailedCreate" } };

const FailedCreation = z.looseObject({
  involvedObject: z.looseObject({ uid: z.string().optional() }),
  message: z.string().default(""),
});

/** Without the permission to read events, the reason is missing in the report. */
function ignoreForbidden(error: unknown): void {
  if (!(error instanceof KubernetesError) || error.code !== "kubernetes/forbidden") throw error;
}

/** Lists, then watches; lists again after the stream has ended. */
async function follow(
  client: KubernetesClient,
  { apiVersion, kind, labels, fields }: Followed,
  namespace: string,
  state: RolloutState,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { items, resourceVersion } = await client.list(apiVersion, kind, namespace, labels, fields);
    for (const item of items) state.update(item);
    state.listed(kind);
    for await (const event of client.watch(apiVersion, kind, namespace, labels, resourceVersion, signal, fields))
      if (event.type === "DELETED") state.remove(event.object);
      else state.update(event.object);
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_DELAY_MS));
  }
}

class RolloutState {
  readonly #options: WaitOptions;
  readonly #rollouts = new Map<string, Rollout>();
  readonly #reasons = new Map<string, string>();
  /** The workload of each pod, by the name of its rollout. */
  readonly #workloads = new Map<string, string>();
  readonly #uids = new Map<string, string | undefined>();
  /** Why the pods of a workload cannot be created, by the uid of the workload. */
  readonly #failedCreations = new Map<string, string>();
  readonly #reported = new Map<string, string>();
  readonly #unlisted: Set<string>;
  #decided: () => void = () => undefined;

  constructor(options: WaitOptions, awaited: readonly { readonly kind: string }[]) {
    this.#options = options;
    this.#unlisted = new Set(awaited.map((row) => row.kind));
  }

  onDecided(decided: () => void): void {
    this.#decided = decided;
  }

  listed(kind: string): void {
    this.#unlisted.delete(kind);
    this.#checkDecided();
  }

  update(object: LiveObject): void {
    if (object.kind === "Pod") this.#updatePod(object);
    else if (object.kind === "Event") this.#updateFailedCreation(object);
    else if (this.#options.wanted.has(identity(object))) {
      this.#rollouts.set(identity(object), rolloutOf(object, this.#options.minimum.get(describe(object))));
      this.#uids.set(identity(object), object.metadata.uid);
    }
    this.#report();
    this.#checkDecided();
  }

  remove(object: LiveObject): void {
    if (object.kind === "Pod") {
      this.#reasons.delete(object.metadata.name);
      this.#workloads.delete(object.metadata.name);
    }
    this.#rollouts.delete(identity(object));
  }

  result(timedOut: boolean): WaitResult {
    return { rollouts: [...this.#explained().values()], reasons: Object.fromEntries(this.#reasons), timedOut };
  }

  #updatePod(pod: LiveObject): void {
    const workload = workloadOf(pod);
    if (workload !== undefined) this.#workloads.set(pod.metadata.name, workload);
    const reason = pod.metadata.deletionTimestamp ? undefined : diagnose(pod);
    if (reason === undefined) this.#reasons.delete(pod.metadata.name);
    else this.#reasons.set(pod.metadata.name, reason);
  }

  #updateFailedCreation(event: LiveObject): void {
    const { involvedObject, message } = FailedCreation.parse(event);
    const { uid } = involvedObject;
    if (uid !== undefined) this.#failedCreations.set(uid, message);
  }

  /** The rollouts, with the reason why pods are missing, where only an event reports it. */
  #explained(): ReadonlyMap<string, Rollout> {
    return new Map(
      [...this.#rollouts].map(([key, rollout]) => {
        const message = this.#failedCreations.get(this.#uids.get(key) ?? "");
        const pods = [...this.#workloads.values()].filter((workload) => workload === rollout.name).length;
        const isMissingPods = rollout.state === "waiting" && pods < rollout.wanted;
        const isKnown = message !== undefined && rollout.why.includes(message);
        if (message === undefined || !isMissingPods || isKnown) return [key, rollout];
        return [key, { ...rollout, why: `${rollout.why}: ${withFix(message)}` }];
      }),
    );
  }

  #reasonsFor(rollout: Rollout): readonly string[] {
    return [...this.#reasons]
      .filter(([pod]) => this.#workloads.get(pod) === rollout.name)
      .map(([pod, reason]) => `${pod}: ${reason}`);
  }

  #report(): void {
    for (const [key, rollout] of this.#explained()) {
      const reasons = rollout.state === "done" ? [] : this.#reasonsFor(rollout);
      const report = JSON.stringify([rollout, reasons]);
      if (this.#reported.get(key) === report) continue;
      this.#reported.set(key, report);
      this.#options.progress(rollout, reasons);
    }
  }

  #checkDecided(): void {
    if (this.#unlisted.size > 0) return;
    const rollouts = [...this.#rollouts.values()];
    const allFound = this.#rollouts.size === this.#options.wanted.size;
    if (rollouts.some((rollout) => rollout.state === "failed")) this.#decided();
    else if (allFound && rollouts.every((rollout) => rollout.state === "done")) this.#decided();
  }
}
