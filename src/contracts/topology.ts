import { z } from "zod";

const topologyNode = z.object({
  id: z.string(),
  kind: z.enum(["entrance", "unit", "model", "store", "outside"]),
  state: z.enum(["ready", "degraded", "starting", "down", "unknown"]).meta({
    description: "The worst state of its parts; unknown if nothing reports its state.",
  }),
  replicas: z
    .object({ want: z.number().int(), most: z.number().int(), ready: z.number().int().nullable() })
    .nullable()
    .meta({
      description:
        "Minimum and maximum of the plan, and how many are ready (null if they are not counted); null for an element without replicas.",
    }),
  rate: z
    .number()
    .nullable()
    .meta({ description: "Requests per second over the last seconds; null if they are not counted." }),
  detail: z.array(z.object({ name: z.string(), value: z.string() })),
});

const topologyEdge = z.object({
  from: z.string(),
  to: z.string(),
  port: z.number().int(),
  protocol: z.enum(["http", "tcp", "grpc"]),
  rate: z.number().nullable(),
});

export const topology = z.object({
  platform: z.string(),
  environment: z.string(),
  at: z.number().meta({ description: "Time of the reading, in epoch milliseconds." }),
  nodes: z.array(topologyNode),
  edges: z.array(topologyEdge),
});

export type ElementState = z.infer<typeof topologyNode>["state"];
export type TopologyNode = z.infer<typeof topologyNode>;
export type TopologyEdge = z.infer<typeof topologyEdge>;
export type Topology = z.infer<typeof topology>;
