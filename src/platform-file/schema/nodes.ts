import { z } from "zod";
import { bytes, counts, cpuRange } from "./quantities.js";

/** Machines of one kind. */
export const nodePool = z
  .strictObject({
    type: z.string().min(1).describe("Instance type, e.g. t3.xlarge, g6-standard-8"),
    count: counts.describe("Least and most machines: `3..10`"),
    allocatable: z
      .strictObject({
        cpu: cpuRange.describe("CPU that pods can use on one machine"),
        memory: bytes.describe("Memory that pods can use on one machine"),
        gpu: z.int().min(0).describe("GPUs of one machine").optional(),
      })
      .describe("What pods can use on one machine; known for common types")
      .optional(),
    labels: z.record(z.string(), z.string()).describe("Labels that the machines carry").optional(),
    spot: z.boolean().describe("Machines that the cloud may take back").optional(),
  })
  .meta({ id: "node-pool" });

export type NodePoolInput = z.output<typeof nodePool>;
