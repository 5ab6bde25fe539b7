import { setTimeout as sleep } from "node:timers/promises";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { KubernetesClient } from "../client.js";
import { describe, type LiveObject } from "../live-object.js";
import { inParallel } from "./parallel.js";
import { sizePatch } from "./preview-growth.js";
import type { Rollout } from "./rollout.js";
import { type ClaimGrowth, growthOf, type VolumeGrowth } from "./volume-growth.js";

const POLL_MS = 500;
/** The garbage collector of the cluster removes the references of the pods, then the object. */
const ORPHAN_TIMEOUT_MS = 60_000;

/** Requests the new sizes of the claims. */
export async function expandVolumes(client: KubernetesClient, growth: VolumeGrowth): Promise<void> {
  await inParallel(growth.claims, ({ claim, to }) => client.merge(claim, sizePatch(to)));
}

/**
 * Deletes a StatefulSet and keeps its pods and claims, which the one that is created next adopts. If the deploy ends in between,
 * the next one creates it.
 */
export async function deleteWithoutPods(client: KubernetesClient, statefulSet: LiveObject): Promise<void> {
  await client.delete(statefulSet, { orphan: true });
  const deadline = performance.now() + ORPHAN_TIMEOUT_MS;
  for (;;) {
    const current = await client.get(statefulSet);
    if (current === undefined || current.metadata.uid !== statefulSet.metadata.uid) return;
    if (performance.now() > deadline)
      throw new KeelsonError(
        "deploy/not-deleted",
        `${describe(statefulSet)} was deleted without its pods, and still exists after ${ORPHAN_TIMEOUT_MS / 1000} s`,
      );
    await sleep(POLL_MS);
  }
}

/** Waits until the volumes that pods mount have grown, one has failed, or the time limit has passed. */
export async function waitForVolumes(
  client: KubernetesClient,
  growths: readonly ClaimGrowth[],
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly progress: (rollout: Rollout, reasons: readonly string[]) => void;
  },
): Promise<readonly Rollout[]> {
  const deadline = performance.now() + options.timeoutMs;
  return Promise.all(
    growths
      .filter(({ isMounted }) => isMounted)
      .map(async ({ claim, to }) => {
        for (let shown = ""; ; ) {
          const live = await client.get(claim);
          const { state, why } = live ? growthOf(live, to) : { state: "failed" as const, why: "it does not exist" };
          const rollout = { name: describe(claim), state, ready: state === "done" ? 1 : 0, wanted: 1, why };
          if (shown !== why || state === "done") options.progress(rollout, []);
          shown = why;
          if (state !== "waiting" || performance.now() > deadline) return rollout;
          await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
        }
      }),
  );
}
