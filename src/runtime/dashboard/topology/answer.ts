import { z } from "zod";

/** What `GET /admin/topology` answers. Pure data: the browser parses with the same schema that the module answers by. */
const topologyNode = z.object({
  id: z.string(),
  kind: z.enum(["entrance", "unit", "model", "store", "outside"]),
  state: z.enum(["ready", "degraded", "starting", "down", "unknown"]).meta({
    description: "Worst of what the element consists of; unknown where nothing reports about it.",
  }),
  replicas: z
    .object({ want: z.number().int(), most: z.number().int(), ready: z.number().int().nullable() })
    .nullable()
    .meta({
      description:
        "Fewest and most that the plan wants, and how many answer now (null where nobody counts them); null for what has no replicas.",
    }),
  rate: z.number().nullable().meta({ description: "Requests per second, lately; null where nothing is counted." }),
  detail: z.array(z.object({ name: z.string(), value: z.string() })),
});

const topologyEdge = z.object({
  from: z.string(),
  to: z.string(),
  port: z.number().int(),
  protocol: z.enum(["http", "tcp", "grpc"]),
  rate: z.number().nullable(),
});

export const topologyAnswer = z.object({
  platform: z.string(),
  environment: z.string(),
  at: z.number().meta({ description: "When this was read, epoch milliseconds." }),
  nodes: z.array(topologyNode),
  edges: z.array(topologyEdge),
});

export type ElementState = z.infer<typeof topologyNode>["state"];
export type TopologyNode = z.infer<typeof topologyNode>;
export type TopologyEdge = z.infer<typeof topologyEdge>;
export type Topology = z.infer<typeof topologyAnswer>;
