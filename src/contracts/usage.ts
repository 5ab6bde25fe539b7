import { z } from "zod";
import { timestamp } from "./fields.js";

/** Operations of the model APIs whose requests are metered. */
export const USAGE_OPERATIONS = ["chat", "completion", "embedding"] as const;

/** Characters of an identifier or a name in a usage event. */
const MAX_TEXT_LENGTH = 400;
/** The end of the year 9999, the last point in time that JavaScript and PostgreSQL format identically. Epoch milliseconds. */
const MAX_EPOCH_MS = 253_402_300_799_999;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Text that PostgreSQL can store: no NUL, and U+FFFD in place of each lone surrogate. */
const text = z
  .string()
  .min(1)
  .max(MAX_TEXT_LENGTH)
  .regex(/^[^\0]*$/, "must not contain NUL")
  .overwrite((value) => value.replace(LONE_SURROGATE, "\ufffd"));

const count = z.int().min(0);

/**
 * One completed request of the model APIs. `id` derives from the request id: the ledger counts each id once, however often
 * the event is sent.
 */
export const usageEvent = z.object({
  id: text,
  /** Epoch milliseconds at which the request was accepted. */
  at: z.number().min(0).max(MAX_EPOCH_MS),
  organisation: text,
  keyId: text,
  model: text,
  operation: z.enum(USAGE_OPERATIONS),
  inputTokens: count,
  outputTokens: count,
  /** HTTP status of the response; 499 if the client disconnected. */
  status: z.int().min(100).max(599),
  durationMs: z.number().min(0),
  /** True if the token counts come from a checkpoint, not from the end of the response. */
  estimated: z.boolean(),
  /** Of a stream: from the acceptance until the first output of the model. Null: no stream, or no output. Earlier versions do not send it. */
  firstTokenMs: z.number().min(0).nullable().default(null),
});

export type UsageEvent = Readonly<z.infer<typeof usageEvent>>;

/** The organisation that owns the keys of drills. Its usage is the load of drills, and hidden unless it is requested. */
export const DRILL_ORGANISATION = "keelson-drills";

const OPERATIONS: ReadonlySet<unknown> = new Set(USAGE_OPERATIONS);

const FIELD_COUNT = Object.keys(usageEvent.shape).length;

/**
 * Whether `usageEvent` accepts a value and returns it unchanged. Written by hand, because it runs for every
 * request: the schema takes about 3 µs, which is a twentieth of the gateway's time.
 */
export function isUsageEvent(value: unknown): value is UsageEvent {
  if (typeof value !== "object" || value === null) return false;
  const event: Partial<Record<keyof UsageEvent, unknown>> = value;
  return (
    Object.keys(value).length === FIELD_COUNT &&
    isText(event.id) &&
    isText(event.organisation) &&
    isText(event.keyId) &&
    isText(event.model) &&
    OPERATIONS.has(event.operation) &&
    isBetween(event.at, 0, MAX_EPOCH_MS) &&
    isCount(event.inputTokens) &&
    isCount(event.outputTokens) &&
    isCount(event.status) &&
    isBetween(event.status, 100, 599) &&
    isBetween(event.durationMs, 0, Number.MAX_VALUE) &&
    typeof event.estimated === "boolean" &&
    (event.firstTokenMs === null || isBetween(event.firstTokenMs, 0, Number.MAX_VALUE))
  );
}

function isText(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length >= 1 &&
    value.length <= MAX_TEXT_LENGTH &&
    !value.includes("\0") &&
    !value.match(LONE_SURROGATE)
  );
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && isBetween(value, 0, Number.MAX_SAFE_INTEGER);
}

/** Units of time by which usage can be grouped, each in UTC. */
export const USAGE_TIME_UNITS = ["minute", "hour", "day"] as const;
export type UsageTimeUnit = (typeof USAGE_TIME_UNITS)[number];

/** Properties of a request by which usage can be grouped. */
export const USAGE_GROUPS = ["organisation", "key", "model"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** Dimensions by which usage can be grouped. */
export const USAGE_DIMENSIONS = [...USAGE_TIME_UNITS, ...USAGE_GROUPS] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** The longest range of a report by minute, which is read from the ledger itself. */
export const MAX_MINUTES_RANGE_MS = 6 * 3_600_000;

/** Figures by which groups can be ranked; `tokens` is the sum of input and output tokens. */
export const USAGE_RANKS = ["requests", "tokens", "errors"] as const;
export type UsageRank = (typeof USAGE_RANKS)[number];

/** The figures of usage, the only declaration of them: sums over requests. */
const figures = z.object({
  requests: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  errors: z.int().meta({ description: "Responses with status 400 or above, except 499 (the client disconnected)." }),
  estimated: z.int().meta({ description: "Requests counted from a checkpoint, not from the end of the response." }),
});

export type UsageFigures = Readonly<z.infer<typeof figures>>;
export type UsageFigure = keyof UsageFigures;

/** Names of the figures, in the order in which tables and CSV files show them. */
export const USAGE_FIGURES: readonly UsageFigure[] = figures.keyof().options;

/** The sum of several rows, figure by figure; zeros for no rows. */
export function sumUsage(rows: readonly UsageFigures[]): UsageFigures {
  const sums: Record<UsageFigure, number> = { requests: 0, inputTokens: 0, outputTokens: 0, errors: 0, estimated: 0 };
  for (const row of rows) for (const figure of USAGE_FIGURES) sums[figure] += row[figure];
  return sums;
}

const unitStart = (unit: UsageTimeUnit) => timestamp.optional().meta({ description: `Start of the ${unit}, in UTC.` });

/** One row of a usage report: the requested dimensions and the figures. */
export const usageRow = z
  .object({
    minute: unitStart("minute"),
    hour: unitStart("hour"),
    day: unitStart("day"),
    organisation: z.string().optional(),
    key: z.string().optional(),
    model: z.string().optional(),
    others: z.int().optional().meta({
      description: "The row combines this many groups below the `top`; their dimension is absent.",
    }),
    ...figures.shape,
  })
  .meta({ id: "UsageRow" });

export type UsageRow = Readonly<z.infer<typeof usageRow>>;

/** Response of `GET /admin/usage`. */
export const usageReport = z
  .object({
    rows: z.array(usageRow).readonly(),
    totals: figures,
    keyNames: z.record(z.string(), z.string()).optional().meta({
      description: "Names of the keys in the rows, by id; present if `by` includes `key`. A deleted key has none.",
    }),
  })
  .meta({ id: "Usage" });

export type UsageReport = z.infer<typeof usageReport>;

/** Dimensions by which latency can be grouped, one at a time: percentiles of groups cannot be added up. */
export const LATENCY_DIMENSIONS = ["minute", "hour", ...USAGE_GROUPS] as const;
export type LatencyDimension = (typeof LATENCY_DIMENSIONS)[number];

/** The longest range of latency, which is computed from single requests. */
export const MAX_LATENCY_RANGE_MS = 24 * 3_600_000;

/** Percentiles of a time of answered requests. */
const percentiles = (requests: string, time: string) => {
  const milliseconds = (what: string) => z.number().meta({ description: `${what} of ${time}, in milliseconds.` });
  return z.object({
    requests: z.int().meta({ description: requests }),
    p50Ms: milliseconds("Median"),
    p95Ms: milliseconds("95th percentile"),
    p99Ms: milliseconds("99th percentile"),
  });
};

const latencyFigures = percentiles(
  "Responses with a status below 400.",
  "the time from the request to the end of its response",
);

export type LatencyFigures = Readonly<z.infer<typeof latencyFigures>>;

export const latencyRow = z
  .object({
    minute: unitStart("minute"),
    hour: unitStart("hour"),
    organisation: z.string().optional(),
    key: z.string().optional(),
    model: z.string().optional(),
    ...latencyFigures.shape,
  })
  .meta({ id: "LatencyRow" });

export type LatencyRow = Readonly<z.infer<typeof latencyRow>>;

const lengths = (what: string) =>
  z
    .object({ average: z.number(), longest: z.int() })
    .meta({ description: `Tokens of ${what}, without those that were estimated.` });

/** What the ledger shows of one model in `MAX_LATENCY_RANGE_MS`, without the load of drills. */
export const measuredModel = z
  .object({
    model: z.string(),
    latency: latencyFigures,
    firstToken: percentiles("Streamed answers.", "the time from the request to the first token of its answer")
      .nullable()
      .meta({ description: "Null: no answer was streamed." }),
    inputTokens: lengths("a prompt"),
    outputTokens: lengths("an answer"),
    arrivals: z
      .object({
        requests: z.int(),
        from: timestamp,
        durationMs: z.int(),
        variation: z
          .number()
          .meta({ description: "Square of the coefficient of variation of the times between requests." }),
      })
      .nullable()
      .meta({
        description:
          "The busiest period: of the lengths 5 minutes, 15 minutes and 1 hour the shortest in which 100 requests arrived. Null: there is none.",
      }),
  })
  .meta({ id: "MeasuredModel" });

export type MeasuredModel = Readonly<z.infer<typeof measuredModel>>;

/** Response of `GET /admin/usage/latency`. */
export const latencyReport = z
  .object({
    rows: z.array(latencyRow).readonly(),
    totals: latencyFigures.nullable().meta({ description: "Of all requests in the range; null: there are none." }),
  })
  .meta({ id: "Latency" });

export type LatencyReport = z.infer<typeof latencyReport>;
