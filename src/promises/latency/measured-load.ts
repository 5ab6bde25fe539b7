import type { MeasuredModel as LedgerModel } from "../../contracts/usage.js";
import { originOf } from "../../plan/origin.js";
import type { Bounds, Milliseconds, Model, Plan } from "../../plan/plan.js";
import { formatDuration, formatRange, formatRate } from "../../platform-file/format.js";
import type { TermOrigin } from "../origin.js";

/** The load of one model in its busiest period, as the usage ledger has it. */
export interface MeasuredLoad {
  /** Requests that arrived in the period. */
  readonly requests: number;
  /** Its start in epoch milliseconds. */
  readonly from: number;
  readonly duration: Milliseconds;
  /** Requests per second. */
  readonly rate: number;
  /** Coefficient of variation of the times between requests; 1 unless it is larger than that of a Poisson process can be by chance. */
  readonly burst: number;
  /** Tokens, average and longest, of 24 hours. */
  readonly prompt: Bounds;
  readonly answer: Bounds;
}

/** The load in the figures of the ledger; undefined if too few requests arrived. Rounded up, so that what is shown is what counts. */
export function measuredLoad({ arrivals, inputTokens, outputTokens }: LedgerModel): MeasuredLoad | undefined {
  if (arrivals === null) return undefined;
  const { requests, from, durationMs, variation } = arrivals;
  return {
    requests,
    from: Date.parse(from),
    duration: durationMs,
    rate: roundedUp((requests * 1000) / durationMs),
    burst: burstOf(variation, requests),
    prompt: { min: Math.ceil(inputTokens.average), max: inputTokens.longest },
    answer: { min: Math.ceil(outputTokens.average), max: outputTokens.longest },
  };
}

/** With three digits. */
function roundedUp(value: number): number {
  const scale = 10 ** (2 - Math.floor(Math.log10(value)));
  return Math.ceil(value * scale - 1e-9) / scale;
}

/**
 * The variation of n requests of a Poisson process scatters around 1 with a standard deviation of about 2 ÷ √n. Up to twice that it is
 * the variation of independent requests: above 1 the prediction means the worst gaps, which is too long for what is mere chance.
 */
function burstOf(variation: number, requests: number): number {
  return variation <= 1 + 4 / Math.sqrt(requests) ? 1 : Math.ceil(Math.sqrt(variation) * 100 - 1e-9) / 100;
}

/** A plan, and the measured loads by model where its platform runs. */
export interface ObservedPlan extends Plan {
  readonly loads?: ReadonlyMap<string, MeasuredLoad> | undefined;
}

/** The plan of a platform whose ledger shows these models. */
export function withMeasuredLoads(
  plan: Plan,
  models: readonly { readonly model: string; readonly load?: MeasuredLoad }[],
): ObservedPlan {
  const loads = new Map(models.flatMap(({ model, load }) => (load === undefined ? [] : [[model, load] as const])));
  return loads.size === 0 ? plan : { ...plan, loads };
}

/** A load that a latency is predicted for; a figure is missing where it is neither declared nor measured. */
export interface Load {
  readonly rate: Figure<Bounds> | undefined;
  readonly burst: number;
  readonly prompt: Figure<Bounds> | undefined;
  readonly answer: Figure<Bounds> | undefined;
}

/** A figure and its source. */
export interface Figure<Value> {
  readonly value: Value;
  readonly origin: TermOrigin;
}

/**
 * The loads that a model must serve: the declared one, where figures that are not declared are those that were measured, and
 * the measured one. They are not mixed where both are known: a burst at a low rate says nothing about the burst at a high one.
 */
export function loadsOf(plan: ObservedPlan, model: Model): readonly [Load, ...Load[]] {
  const declared = declaredLoad(plan, model);
  const found = plan.loads?.get(model.name);
  if (!found) return [declared];
  const measured = loadOf(found, declared.rate?.value);
  const { rate, burst } = declared.rate ? declared : measured;
  return [
    { rate, burst, prompt: declared.prompt ?? measured.prompt, answer: declared.answer ?? measured.answer },
    measured,
  ];
}

function declaredLoad(plan: Plan, { load, path }: Model): Load {
  const figure = (key: "rate" | "prompt" | "answer"): Figure<Bounds> | undefined => {
    const value = load?.[key];
    return value && { value, origin: originOf(plan, `${load?.path ?? path}.${key}`) };
  };
  return { rate: figure("rate"), burst: load?.burst ?? 1, prompt: figure("prompt"), answer: figure("answer") };
}

/** The busiest period is a peak: where a lower usual rate is declared, the maximum of replicas serves it. */
function loadOf(load: MeasuredLoad, declared: Bounds | undefined): Load {
  const origin: TermOrigin = { kind: "ledger", requests: load.requests, from: load.from, duration: load.duration };
  const rate = { min: Math.min(declared?.min ?? load.rate, load.rate), max: load.rate };
  return {
    rate: { value: rate, origin },
    burst: load.burst,
    prompt: { value: load.prompt, origin },
    answer: { value: load.answer, origin },
  };
}

/** The load of one model: measured, and beside it what the platform file declares. */
export interface ComparedLoad {
  readonly model: string;
  readonly requests: number;
  readonly from: number;
  readonly duration: Milliseconds;
  /** Each as the platform file writes it. */
  readonly figures: readonly ComparedFigure[];
}

export interface ComparedFigure {
  readonly name: "rate" | "burst" | "prompt" | "answer";
  readonly measured: string;
  /** Absent if nothing is declared. */
  readonly declared?: string;
  /** More was measured than is declared. */
  readonly exceeded: boolean;
}

/** The measured loads of these models. */
export function comparedLoads({ loads }: ObservedPlan, models: Iterable<Model>): readonly ComparedLoad[] {
  return [...models].flatMap((model) => {
    const measured = loads?.get(model.name);
    return measured ? [compared(model, measured)] : [];
  });
}

function compared({ name, load, embeddings }: Model, measured: MeasuredLoad): ComparedLoad {
  const { requests, from, duration, rate, burst, prompt, answer } = measured;
  const declared = load?.rate;
  return {
    model: name,
    requests,
    from,
    duration,
    figures: [
      {
        name: "rate",
        measured: formatRate(rate),
        ...(declared && { declared: formatRange(declared, formatRate) }),
        exceeded: declared !== undefined && rate > declared.max,
      },
      {
        name: "burst",
        measured: String(burst),
        ...(declared && { declared: String(load?.burst ?? 1) }),
        exceeded: declared !== undefined && burst > (load?.burst ?? 1),
      },
      tokens("prompt", prompt, load?.prompt),
      ...(embeddings ? [] : [tokens("answer", answer, load?.answer)]),
    ],
  };
}

function tokens(name: "prompt" | "answer", measured: Bounds, declared: Bounds | undefined): ComparedFigure {
  return {
    name,
    measured: formatRange(measured, String),
    ...(declared && { declared: formatRange(declared, String) }),
    exceeded: declared !== undefined && (measured.min > declared.min || measured.max > declared.max),
  };
}

/** `2239 requests in 5m from 2026-11-30 14:05 UTC` */
export function periodText({ requests, from, duration }: Pick<ComparedLoad, "requests" | "from" | "duration">): string {
  const start = new Date(from).toISOString().slice(0, 16).replace("T", " ");
  return `${requests} requests in ${formatDuration(duration)} from ${start} UTC`;
}

/** `rate 7.47/s (2/s..5/s declared, exceeded), burst 1 (1.5 declared), prompt 310..2100 (not declared)` */
export function comparedText({ figures }: ComparedLoad): string {
  return figures
    .map(({ name, measured, declared, exceeded }) => {
      const beside = declared === undefined ? "not declared" : `${declared} declared${exceeded ? ", exceeded" : ""}`;
      return `${name} ${measured} (${beside})`;
    })
    .join(", ");
}
