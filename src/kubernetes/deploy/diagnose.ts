import { z } from "zod";
import { Conditions } from "../conditions.js";
import type { LiveObject } from "../live-object.js";

const State = z.looseObject({
  waiting: z.looseObject({ reason: z.string().default(""), message: z.string().default("") }).optional(),
  terminated: z
    .looseObject({ reason: z.string().default(""), exitCode: z.number().default(0), message: z.string().default("") })
    .optional(),
});
const ContainerStatus = z.looseObject({
  name: z.string(),
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: State.default({}),
  lastState: State.default({}),
});
const Pod = z.looseObject({
  status: z
    .looseObject({
      phase: z.string().default("Pending"),
      reason: z.string().optional(),
      message: z.string().optional(),
      conditions: Conditions,
      initContainerStatuses: z.array(ContainerStatus).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .prefault({}),
});
type ContainerStatus = z.infer<typeof ContainerStatus>;

/** Reasons of a normal start. */
const STARTING = new Set(["", "ContainerCreating", "PodInitializing"]);

/** Why a pod is not ready, in one sentence; undefined if it is ready or starting normally. */
export function diagnose(pod: LiveObject): string | undefined {
  const { status } = Pod.parse(pod);
  if (status.phase === "Succeeded") return undefined;
  const scheduled = status.conditions.find((condition) => condition.type === "PodScheduled");
  if (scheduled?.status === "False")
    return `Pending: ${scheduled.message ?? scheduled.reason ?? "no node is suitable"}`;
  if (status.reason !== undefined) return `${status.reason}: ${status.message ?? ""}`.trim();
  for (const container of [...status.initContainerStatuses, ...status.containerStatuses]) {
    const reason = containerReason(container);
    if (reason !== undefined) return `${container.name}: ${reason}`;
  }
  return undefined;
}

function containerReason({ ready, state, lastState, restartCount }: ContainerStatus): string | undefined {
  if (state.waiting && !STARTING.has(state.waiting.reason)) {
    const crash = lastState.terminated;
    const last = crash ? ` (last exit: code ${crash.exitCode}${crash.reason === "" ? "" : `, ${crash.reason}`})` : "";
    return [state.waiting.reason, state.waiting.message].filter((part) => part !== "").join(": ") + last;
  }
  if (state.terminated && state.terminated.exitCode !== 0)
    return `exited with code ${state.terminated.exitCode} (${state.terminated.reason || "Error"})`;
  if (!ready && restartCount > 0 && lastState.terminated)
    return `restarted ${restartCount} times; last exit: code ${lastState.terminated.exitCode} (${lastState.terminated.reason || "Error"})`;
  return undefined;
}
