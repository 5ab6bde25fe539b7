import { z } from "zod";
import { bytes, counts, cpuRange } from "./quantities.js";
import { labelName, labelValue, nodeLabelValue } from "./syntax.js";

/** A node pool: nodes of one instance type. */
export const nodePool = z
  .strictObject({
    type: nodeLabelValue.describe("Instance type, e.g. t3.xlarge, g6-standard-8"),
    count: counts.describe("Number of nodes, or minimum and maximum: `3..10`"),
    allocatable: z
      .strictObject({
        cpu: cpuRange.describe("Allocatable CPU of one node"),
        memory: bytes.describe("Allocatable memory of one node"),
        gpu: z.int().min(0).describe("GPUs of one node").optional(),
      })
      .describe("Allocatable resources of one node; built in for common instance types")
      .optional(),
    labels: z
      .record(labelName, labelValue)
      .describe("Labels of its nodes, which select them; default: keelson.dev/pool")
      .optional(),
    spot: z.boolean().describe("Spot (preemptible) nodes: the cloud may reclaim them").optional(),
  })
  .meta({ id: "node-pool" });

export type NodePoolInput = z.output<typeof nodePool>;
