import type { Settings } from "../platform-file/schema/platform.js";
import type { ProvenanceRecorder } from "./origin.js";
import type { Cloud, Image, Objectives, Provider } from "./plan.js";

/** The input of every part of the Plan: the environment's settings, and the decisions that apply to all parts. */
export interface PlanContext {
  readonly platform: string;
  readonly environment: string;
  readonly settings: Settings;
  readonly provenance: ProvenanceRecorder;
  readonly cloud: Cloud;
  readonly provide: Provider["kind"];
  readonly zones: number;
  /** Set, with the reason, if the loss of one replica must not be an outage: the data is real, or there are several zones. */
  readonly redundant: { readonly why: string } | undefined;
  readonly image: Image;
  readonly objectives: Objectives;
}

/** Whether the environment runs in a cluster. One machine has no endpoints to update and no nodes to spread over. */
export function onCluster(context: PlanContext): boolean {
  return context.provide !== "embedded";
}
