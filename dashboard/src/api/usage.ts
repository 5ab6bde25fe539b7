import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { call } from "./client.js";

/** The hour's start: epoch milliseconds, or ISO 8601. */
const hour = z.union([z.number(), z.string()]).transform((value, context) => {
  const at = typeof value === "number" ? value : Date.parse(value);
  if (Number.isFinite(at)) return at;
  context.addIssue({ code: "custom", message: "is not a time" });
  return z.NEVER;
});

const counts = {
  requests: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  errors: z.number(),
  estimated: z.number(),
};

const usageRow = z.object({
  hour: hour.optional(),
  organisation: z.string().optional(),
  key: z.string().optional(),
  model: z.string().optional(),
  ...counts,
});

const answer = z.object({ rows: z.array(usageRow), totals: z.object(counts) });

export type UsageRow = z.infer<typeof usageRow>;
export type Totals = z.infer<typeof answer>["totals"];
export type Grouping = "model" | "organisation" | "key";

export interface Span {
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly to: number;
}

function address(span: Span, by: string, format?: "csv"): string {
  const query = new URLSearchParams({
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    by,
    ...(format ? { format } : {}),
  });
  return `/admin/usage?${query}`;
}

/** Counts by hour and by one grouping. */
export function useUsage(span: Span, by: Grouping, live: boolean) {
  return useQuery({
    queryKey: ["usage", span.from, span.to, by],
    queryFn: ({ signal }) => call(answer, address(span, `hour,${by}`), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: live ? 10_000 : false,
  });
}

/** Where the same figures can be downloaded, one row per hour, organisation, key and model. */
export function usageCsv(span: Span): string {
  return address(span, "hour,organisation,key,model", "csv");
}
