import type { Bounds, Model, Path, Plan, Ratio, Unit } from "../../plan/plan.js";
import { formatRate, formatRatio } from "../../platform-file/format.js";
import { gatewayTime } from "../facts/gateway.js";
import { formatResponse } from "../format.js";
import type { LatencyObjective } from "../objectives.js";
import { assumed, bounded, declared, type Prediction, type Term, unbounded, unknown } from "../prediction.js";
import { onOneMachine } from "../terms/machine.js";
import { largestMeanBurst, splitVariation, variationOf } from "./arrivals.js";
import { type Batch, delayByPrompts, longestServiceTime, meanServiceTime, stepsOf, stepWith } from "./batch.js";
import { loadEnds } from "./load-ends.js";
import { type Figure, type Load, loadsOf, type ObservedPlan } from "./measured-load.js";
import { occupancyOf, type Station, utilisation } from "./occupancy.js";
import { estimatedWait } from "./queue-wait.js";
import { worstPrediction } from "./worst.js";

/**
 * The wait, the requests in the batch and the prompts of others are three random quantities. Each is taken at a percentile whose tail is
 * a third of that of the objective: by Boole's inequality the sum is then exceeded with at most the whole tail, whether or not
 * the three depend on each other.
 */
const RANDOM_TERMS = 3;

/** The percentile of a model's latency at its gateway, under the worst of its loads and at each end of it. */
export function modelLatency(plan: ObservedPlan, model: Model, of: LatencyObjective, percentile: Ratio): Prediction {
  return worstPrediction(loadsOf(plan, model).map((load) => underLoad(plan, model, of, percentile, load)));
}

function underLoad(plan: Plan, model: Model, of: LatencyObjective, percentile: Ratio, load: Load): Prediction {
  const figures = figuresOf(plan, model, of, load);
  if ("kind" in figures) return figures;
  const unit = plan.units.find(({ name }) => name === model.unit);
  const ends = loadEnds(plan, figures.rate.value, unit, model.upstreams.length);
  const all = ends.map(({ rate, replicas }) => at(plan, model, of, percentile, figures, rate, replicas));
  return worstPrediction(all);
}

/** The figures that a prediction needs. */
interface Figures {
  readonly rate: Figure<Bounds>;
  readonly burst: number;
  readonly loadPath: Path;
  readonly prompt: Figure<Bounds>;
  readonly answer: Bounds;
  readonly prefill: { readonly value: number; readonly path: Path };
  readonly decode: { readonly value: Bounds; readonly path: Path };
}

/** The figures, or which of them is missing. */
function figuresOf(plan: Plan, model: Model, of: LatencyObjective, load: Load): Figures | Prediction {
  const { name, speed, embeddings, path } = model;
  const missing = (what: string, fix: string): Prediction =>
    unknown(plan, path, `${what} of ${name} is not declared`, { advice: `declare ${fix}` });
  if (embeddings && of === "firstToken")
    return unknown(plan, path, `${name} returns embeddings, which have no first token`, {
      advice: "set `latency` instead",
    });
  const { rate, burst, prompt } = load;
  const answer = embeddings ? NO_TOKENS : load.answer?.value;
  if (!rate) return missing("the rate of requests", "`load: { rate: 2/s, prompt: 300..2000, answer: 150..500 }`");
  if (!prompt)
    return missing("the length of the prompts", "`load: { prompt: 300..2000 }` in tokens: average and longest");
  if (!answer)
    return missing("the length of the answers", "`load: { answer: 150..500 }` in tokens: average and longest");
  const { prefill, decode = embeddings ? { value: { min: 1, max: 1 }, path } : undefined } = speed;
  const measure = "measure one replica, and";
  if (!prefill)
    return missing(
      "the speed of prefill",
      `it: ${measure} set \`speed: { prefill: 4000/s }\` here or in its size class`,
    );
  if (!decode)
    return missing(
      "the speed of decode",
      `it: ${measure} set \`speed: { decode: 30/s..60/s }\`, with every slot in use and alone`,
    );
  return { rate, burst, loadPath: model.load?.path ?? path, prompt, answer, prefill, decode };
}

const NO_TOKENS: Bounds = { min: 0, max: 0 };

function at(
  plan: Plan,
  model: Model,
  of: LatencyObjective,
  percentile: Ratio,
  figures: Figures,
  rate: number,
  replicas: number,
): Prediction {
  const { loadPath, prompt, prefill, decode } = figures;
  const { batch, station } = serverOf(plan, model, figures, rate, replicas);
  const used = utilisation(station);
  const load = `${formatRate(rate)} on ${replicas} × ${model.concurrency} slots`;
  if (used >= 1)
    return unbounded(
      plan,
      `${loadPath}.rate`,
      `${load} of ${model.name} need ${formatRatio(Math.ceil(used * 100) / 100)} of the slots: the queue grows until requests are refused`,
    );
  const tail = (1 - percentile) / RANDOM_TERMS;
  const inBatch = Math.min(
    batch.slots,
    occupancyOf(ofReplica(batch), largestMeanBurst(batch.variation)).inFront(tail) + 1,
  );
  const step = stepWith(batch, inBatch);
  const tokens = of === "firstToken" ? 1 : batch.answer.longest;
  const steps = stepsOf(batch, tokens);
  const own = batch.prompt.longest * batch.prefill;
  const delay = delayByPrompts(batch, own + steps * step + batch.step.full, tail);
  const toFirst = own + delay.seconds + 2 * step;
  if (toFirst * 1000 > model.timeout)
    return unbounded(
      plan,
      `${model.path}.timeout`,
      `the first token of ${model.name} can take ${formatResponse(toFirst * 1000)}, and the gateway ends a request after ${formatResponse(model.timeout)}`,
    );
  const terms: readonly Term[] = [
    waitTerm(plan, model, figures, station, longestServiceTime(batch), tail, load),
    declared(
      plan,
      "prefill of the prompt",
      own * 1000,
      prefill.path,
      `${batch.prompt.longest} tokens ÷ ${formatRate(prefill.value)}`,
    ),
    {
      name: "prefill of other prompts",
      value: delay.seconds * 1000,
      origin: prompt.origin,
      how: `${delay.prompts} × ${batch.prompt.longest} tokens in the same batch`,
    },
    ...(steps === 0
      ? []
      : [
          declared(
            plan,
            of === "firstToken" ? "first token" : "decode of the answer",
            steps * step * 1000,
            decode.path,
            `${steps} steps of ${formatResponse(step * 1000)}, ${inBatch} of ${batch.slots} slots in use`,
          ),
        ]),
    assumed("gateway", gatewayTime.slow, gatewayTime.why),
  ];
  return bounded(plan, model.path, terms);
}

function waitTerm(
  plan: Plan,
  model: Model,
  { rate, burst }: Figures,
  station: Station,
  longest: number,
  tail: number,
  load: string,
): Term {
  const wait = estimatedWait(station, longest, tail) * 1000;
  const { deadline } = model.queue;
  const used = formatRatio(Math.round(utilisation(station) * 100) / 100);
  const bursts = burst > 1 ? `, burst ${burst}` : "";
  if (wait > deadline)
    return declared(
      plan,
      "wait for a slot",
      deadline,
      `${model.path}.queue.deadline`,
      `${load}, ${used} in use${bursts}: those that would wait longer are refused`,
    );
  return { name: "wait for a slot", value: wait, origin: rate.origin, how: `${load}, ${used} in use${bursts}` };
}

interface Server {
  /** One replica. */
  readonly batch: Batch;
  /** The slots that share one queue. */
  readonly station: Station;
}

/**
 * One gateway has one queue before the slots of all replicas. Of several gateways each knows only its own requests, so that a
 * replica can be sent more than it has slots for while another has free ones: each replica counts as a queue of its own.
 */
function serverOf(
  plan: Plan,
  model: Model,
  { burst, prompt, answer, prefill, decode }: Figures,
  rate: number,
  replicas: number,
): Server {
  // Embeddings of one replica are computed one after another.
  const slots = model.embeddings ? 1 : model.concurrency;
  const variation = variationOf(burst);
  const batch: Batch = {
    rate: rate / replicas,
    variation: splitVariation(variation, replicas),
    slots,
    prompt: { average: prompt.value.min, longest: prompt.value.max },
    answer: { average: answer.min, longest: answer.max },
    prefill: 1 / prefill.value,
    step: { alone: 1 / decode.value.max, full: 1 / decode.value.min },
    overhead: gatewayTime.mean / 1000,
  };
  const shared = gatewayProcesses(plan, model) === 1;
  const station: Station = shared
    ? {
        rate,
        variation,
        slots: slots * replicas,
        serviceTime: (inUse) => meanServiceTime(batch, Math.ceil(inUse / replicas)),
      }
    : ofReplica(batch);
  return { batch, station };
}

/** The queue of one replica alone. */
function ofReplica(batch: Batch): Station {
  const { rate, variation, slots } = batch;
  return { rate, variation, slots, serviceTime: (inUse) => meanServiceTime(batch, inUse) };
}

/** Processes that queue requests to a model: on one machine one, otherwise the replicas of its gateways. */
function gatewayProcesses(plan: Plan, model: Model): number {
  if (onOneMachine(plan)) return 1;
  return gatewaysOf(plan, model).reduce((sum, { replicas }) => sum + replicas.max, 0);
}

/** The units with the gateway module that send requests to a model. A model of external servers is sent to by all of them. */
export function gatewaysOf(plan: Plan, model: Model): readonly Unit[] {
  const calling = new Set(plan.edges.filter(({ to }) => to === model.unit).map(({ from }) => from));
  return plan.units.filter(
    ({ name, modules }) => modules.includes("gateway") && (model.unit === undefined || calling.has(name)),
  );
}
