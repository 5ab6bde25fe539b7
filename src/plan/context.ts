import type { Settings } from "../platform-file/schema/platform.js";
import type { ProvenanceRecorder } from "./origin.js";
import type { Cloud, Image, Objectives, Provider } from "./plan.js";

/** What every part of the Plan is made from: the environment's settings and the answers that hold for all of it. */
export interface PlanContext {
  readonly platform: string;
  readonly environment: string;
  readonly settings: Settings;
  readonly provenance: ProvenanceRecorder;
  readonly cloud: Cloud;
  readonly provide: Provider["kind"];
  readonly zones: number;
  /** Loss of one replica must not be an outage: the data is real, or there are zones to lose. */
  readonly redundant: { readonly why: string } | undefined;
  readonly image: Image;
  readonly objectives: Objectives;
}

/** Containers and processes meet by name; on a laptop there is nothing to wait for and nothing to spread over. */
export function onCluster(context: PlanContext): boolean {
  return context.provide !== "embedded";
}
