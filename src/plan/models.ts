import { MODEL_MODULE, MODULE_PORT } from "../modules/index.js";
import { formatBytes, formatCpu } from "../platform-file/format.js";
import { many } from "../platform-file/one-or-many.js";
import type { ModelInput } from "../platform-file/schema/models.js";
import { sizeClassOf } from "./classes.js";
import { MODULE_DATA, planGpu, planImage, planPorts } from "./containers.js";
import type { PlanContext } from "./context.js";
import { ENGINES } from "./engines/index.js";
import { readImage } from "./images.js";
import { planModelLoad, planSpeed } from "./load.js";
import { DEFAULT_CONTEXT_TOKENS } from "./model/model.js";
import { nameAtServer, readSource } from "./model-source.js";
import { elementObjectives } from "./objectives.js";
import type { Scope } from "./origin.js";
import type { EngineName, Model, ModelSource, Resources, Unit, Upstream } from "./plan.js";
import { MiB } from "./sizes.js";
import { planUnit, type UnitKind } from "./units.js";
import { type HealthDefaults, MODULE_HEALTH } from "./workload.js";

/** The name of the unit that serves a model: a host name, so dots become dashes. */
function unitOfModel(name: string): string {
  return name.replaceAll(".", "-");
}

/** Every model, and a unit for each model that no external server serves. */
export function planModels(context: PlanContext): { readonly models: Model[]; readonly units: Unit[] } {
  const models: Model[] = [];
  const units: Unit[] = [];
  for (const [name, input] of Object.entries(context.settings.models ?? {})) {
    const scope = context.provenance.at("models", name);
    const model = planModel(context, scope, name, input);
    models.push(model);
    if (model.unit !== undefined) units.push(planModelUnit(context, scope, model, input));
  }
  return { models, units };
}

function planModel(context: PlanContext, scope: Scope, name: string, input: ModelInput): Model {
  const upstreams = planUpstreams(scope, name, input);
  const sources = planSources(input);
  const engine = planEngine(context, scope, input, upstreams, sources);
  const external = upstreams.length > 0 || engine === "openai";
  const queue = scope.at("queue");
  const fallbacks = many(input.fallback);
  const { name: className, size } = sizeClassOf(context.settings, input);
  const concurrency = scope.pick(
    "concurrency",
    input.concurrency,
    ENGINES[engine].concurrency.count,
    ENGINES[engine].concurrency.why,
  );
  return {
    name,
    path: scope.path,
    engine,
    sources,
    parameters: input.parameters,
    fallbacks: fallbacks.filter((fallback) => fallback !== "simulated"),
    simulated: fallbacks.includes("simulated") || engine === "simulated",
    context: external && input.context === undefined ? undefined : planContext(scope, input),
    concurrency,
    queue: {
      length: queue.pick(
        "length",
        input.queue?.length,
        100,
        "further requests would exceed the deadline before they are served",
      ),
      deadline: queue.duration(
        "deadline",
        input.queue?.deadline,
        30_000,
        "a client that has waited 30s should receive an error and retry",
      ),
    },
    timeout: scope.duration("timeout", input.timeout, 600_000, "the official OpenAI clients wait 10m for a response"),
    embeddings: scope.pick("embeddings", input.embeddings, false, "a model generates text by default"),
    unit: external ? undefined : unitOfModel(name),
    upstreams,
    limits: {
      requestsPerMinute: input.limits?.requestsPerMinute,
      tokensPerMinute: input.limits?.tokensPerMinute,
    },
    load: planModelLoad(scope, input.load),
    speed: planSpeed(scope, input.speed, { name: className, speed: size.speed }, ENGINES[engine].speed?.(concurrency)),
    objectives: elementObjectives(scope, input.objectives, context.objectives),
  };
}

/** The context of a model that Keelson starts an engine for. */
function planContext(scope: Scope, input: ModelInput): number {
  const why = "4096 tokens are enough for a conversation and need little memory";
  return scope.pick("context", input.context, DEFAULT_CONTEXT_TOKENS, why);
}

function planEngine(
  context: PlanContext,
  scope: Scope,
  input: ModelInput,
  upstreams: readonly Upstream[],
  sources: readonly ModelSource[],
): EngineName | "best" {
  if (upstreams.length > 0)
    return scope.pick("engine", input.engine, "openai", "an external server with the OpenAI API");
  if (sources.length === 0 && input.engine === undefined)
    return scope.pick("engine", undefined, "simulated", "no `source` is set that weights could be loaded from");
  if (context.provide !== "embedded" && sources.some(({ kind }) => kind !== "name"))
    return scope.pick("engine", input.engine, "llama.cpp", "llama.cpp loads GGUF weights");
  if (context.provide !== "embedded")
    return scope.pick("engine", input.engine, "ollama", "the source is a name in Ollama's library");
  return scope.pick("engine", input.engine, "best", "the best engine that is available on this machine");
}

function planUpstreams(scope: Scope, name: string, input: ModelInput): Upstream[] {
  const given = typeof input.upstreams === "string" ? [{ url: input.upstreams }] : (input.upstreams ?? []);
  const source = nameAtServer({ name, sources: planSources(input) });
  return given.map((upstream, index): Upstream => {
    const upstreamScope = scope.at("upstreams", index);
    const known = "model" in upstream ? upstream.model : undefined;
    const weight = "weight" in upstream ? upstream.weight : undefined;
    return {
      url: upstream.url.includes("?") ? upstream.url : upstream.url.replace(/\/+$/, ""),
      model: upstreamScope.pick("model", known, source, "the same name as in this file"),
      weight: upstreamScope.pick("weight", weight, 1, "all servers have the same weight"),
      secret: "key" in upstream ? upstream.key : undefined,
    };
  });
}

/** A checksum of the model is that of its only source; those of a list have their own. */
function planSources({ source, sha256 }: ModelInput): readonly ModelSource[] {
  return many(source).map((each) =>
    typeof each === "string" ? readSource(each, sha256) : readSource(each.from, each.sha256),
  );
}

function planModelUnit(context: PlanContext, scope: Scope, model: Model, input: ModelInput): Unit {
  const server = ENGINES[model.engine].server;
  const resources = modelResources(context, scope, model, input);
  const ports = planPorts(scope, input, server?.port ?? MODULE_PORT);
  const health: HealthDefaults = server
    ? { ready: server.health, live: server.health, startup: 1_800_000, why: `the health route of ${model.engine}` }
    : { ...MODULE_HEALTH, startup: isDownloaded(model) ? 1_800_000 : 120_000 };
  if (server && input.image === undefined) scope.recordDefault("image", `the server of ${model.engine}`);
  const kind: UnitKind = {
    name: unitOfModel(model.name),
    role: "model",
    model: model.name,
    modules: server ? [] : [MODEL_MODULE],
    image:
      server && input.image === undefined
        ? readImage(server.image, scope.pathOf("image"))
        : planImage(context, scope, input.image),
    environment: server?.environment ?? {},
    command: input.command ?? server?.command(model, resources, ports[0]?.number ?? server.port) ?? [],
    ports,
    resources,
    data: resources.disk ?? MODULE_DATA,
    health,
    load: undefined,
    metrics: undefined,
  };
  return planUnit(context, scope, input, kind);
}

function isDownloaded({ sources }: Model): boolean {
  return sources.some(({ kind }) => kind === "huggingface" || kind === "pypi");
}

/**
 * The resources of the model, else of its size class. A simulated model loads no weights: what the file declares are the
 * resources of the engine that an environment replaced by the simulator, and the GPU is not paid for.
 */
function modelResources(context: PlanContext, scope: Scope, model: Model, input: ModelInput): Resources {
  if (model.engine === "simulated") {
    const why = "a simulated model loads no weights";
    const cpu = scope.range("cpu", undefined, { min: 100, max: 1000 }, why, formatCpu);
    const memory = scope.range("memory", undefined, { min: 128 * MiB, max: 256 * MiB }, why, formatBytes);
    return { cpu: ends(cpu), memory: ends(memory), gpu: planGpu("none"), disk: undefined };
  }
  const { size, why } = sizeClassOf(context.settings, input);
  const cpu = scope.range("cpu", input.cpu, size.cpu ?? { min: 2000, max: 4000 }, why, formatCpu);
  const memory = scope.range(
    "memory",
    input.memory,
    size.memory ?? { min: 8192 * MiB, max: 16_384 * MiB },
    why,
    formatBytes,
  );
  const disk = scope.range("disk", input.disk, size.disk ?? { min: 10_240 * MiB, max: 20_480 * MiB }, why, formatBytes);
  return {
    cpu: ends(cpu),
    memory: ends(memory),
    gpu: modelGpu(scope, model, input, size.gpu ?? "none", why),
    disk: disk.max,
  };
}

/** An engine that can run without a GPU is planned without one; vLLM requires one. */
function modelGpu(
  scope: Scope,
  { engine }: Model,
  { gpu }: ModelInput,
  usual: NonNullable<ModelInput["gpu"]>,
  why: string,
): Resources["gpu"] {
  if (!ENGINES[engine].requiresGpu) return planGpu(scope.pick("gpu", gpu, usual, why));
  const needed = usual === "none" || usual === "optional" ? "required" : usual;
  const given = scope.pick("gpu", gpu, needed, needed === usual ? why : "vLLM's image does not start without one");
  return planGpu(given === "optional" ? "required" : given);
}

function ends({ min, max }: { readonly min: number; readonly max: number }): { request: number; limit: number } {
  return { request: min, limit: max };
}
