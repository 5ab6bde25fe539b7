import { sql, type Transaction } from "kysely";
import { type LatencyFigures, MAX_LATENCY_RANGE_MS, type MeasuredModel } from "../../contracts/usage.js";
import { busiestPeriod, STEP_MS, type StepCount } from "./busiest-period.js";
import { conditions } from "./read.js";
import type { UsageSchema } from "./schema.js";

/** The requests of all organisations, without the load of drills. */
const ALL = { organisation: undefined, model: undefined, key: undefined, drills: false };

/** Requests that a model had to serve: also those whose client left, and those that were refused because it was busy. */
const ARRIVED = sql`(status < 400 or status in (429, 499) or status >= 500)`;

/** What the ledger shows of each model with answered requests in the 24 hours before `now`. */
export async function readMeasuredModels(open: Transaction<UsageSchema>, now: Date): Promise<readonly MeasuredModel[]> {
  const range = { from: now.getTime() - MAX_LATENCY_RANGE_MS, to: now.getTime() };
  const answered = await readAnswered(open, range);
  const arrivals = await readArrivals(open, range, now);
  return answered.map((each) => ({ ...each, arrivals: arrivals.get(each.model) ?? null }));
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function readAnswered(
  open: Transaction<UsageSchema>,
  range: Range,
): Promise<readonly Omit<MeasuredModel, "arrivals">[]> {
  const { rows } = await sql<{
    readonly model: string;
    readonly requests: number;
    readonly durations: Percentiles;
    readonly streamed: number;
    readonly firstTokens: Percentiles | null;
    readonly averageInput: number;
    readonly longestInput: number;
    readonly averageOutput: number;
    readonly longestOutput: number;
  }>`
    select model, count(*) as requests,
      percentile_disc(array[0.5, 0.95, 0.99]) within group (order by duration_ms) as durations,
      count(first_token_ms) as streamed,
      percentile_disc(array[0.5, 0.95, 0.99]) within group (order by first_token_ms) as "firstTokens",
      ${lengths("input")}, ${lengths("output")}
    from usage_events where ${conditions(ALL, range, "at")} and status < 400
    group by model order by model`.execute(open);
  return rows.map(({ model, requests, durations, streamed, firstTokens, ...tokens }) => ({
    model,
    latency: figures(requests, durations),
    firstToken: firstTokens === null || streamed === 0 ? null : figures(streamed, firstTokens),
    inputTokens: { average: tokens.averageInput, longest: tokens.longestInput },
    outputTokens: { average: tokens.averageOutput, longest: tokens.longestOutput },
  }));
}

/** The 50th, 95th and 99th. */
type Percentiles = readonly [number, number, number];

function figures(requests: number, [p50Ms, p95Ms, p99Ms]: Percentiles): LatencyFigures {
  return { requests, p50Ms, p95Ms, p99Ms };
}

function lengths(of: "input" | "output") {
  const tokens = sql.ref(`${of}_tokens`);
  const name = of === "input" ? "Input" : "Output";
  return sql`coalesce(avg(${tokens}) filter (where not estimated), 0)::double precision as ${sql.ref(`average${name}`)},
      coalesce(max(${tokens}) filter (where not estimated), 0) as ${sql.ref(`longest${name}`)}`;
}

type Arrivals = NonNullable<MeasuredModel["arrivals"]>;

/** The busiest period of each model. Its single requests are read only once it is known: they are a small part of all. */
async function readArrivals(
  open: Transaction<UsageSchema>,
  range: Range,
  now: Date,
): Promise<ReadonlyMap<string, Arrivals>> {
  const { rows } = await sql<StepCount & { readonly model: string }>`
    select model, floor(extract(epoch from ${now}::timestamptz - at) * 1000 / ${STEP_MS})::integer as back,
      count(*) as requests
    from usage_events where ${conditions(ALL, range, "at")} and ${ARRIVED} group by 1, 2`.execute(open);
  const found = new Map<string, Arrivals>();
  for (const model of new Set(rows.map((row) => row.model))) {
    const period = busiestPeriod(rows.filter((row) => row.model === model));
    if (!period) continue;
    const { back, steps, requests } = period;
    const to = range.to - back * STEP_MS;
    const durationMs = steps * STEP_MS;
    const from = to - durationMs;
    const variation = await readVariation(open, model, { from, to });
    found.set(model, { requests, from: new Date(from).toISOString(), durationMs, variation });
  }
  return found;
}

/** Where all requests arrived at once there is no time between them: the variation is then that of their number. */
async function readVariation(open: Transaction<UsageSchema>, model: string, range: Range): Promise<number> {
  const { rows } = await sql<{ readonly variation: number | null; readonly gaps: number }>`
    select var_pop(gap) / nullif(avg(gap), 0) ^ 2 as variation, count(gap) as gaps from (
      select extract(epoch from at - lag(at) over (order by at))::double precision as gap
      from usage_events where ${conditions({ ...ALL, model }, range, "at")} and ${ARRIVED}
    ) as arrived`.execute(open);
  const [row] = rows;
  return row?.variation ?? row?.gaps ?? 1;
}
