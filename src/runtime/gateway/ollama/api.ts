import type { ServerResponse } from "node:http";
import type { Principal } from "../../../contracts/credentials.js";
import type { Model } from "../../../plan/plan.js";
import { capabilitiesOf } from "../../engine/client.js";
import { respondJson } from "../../kernel/listener.js";
import type { Operation, ReadCall } from "../api-server.js";
import type { OllamaPath } from "../operations.js";
import { mayUse } from "../principal.js";
import { noSuchModel, problem, refuse } from "../problem.js";
import type { ModelRoute } from "../routing/model-route.js";
import type { Router } from "../routing/router.js";
import { isProblem, parseBody, readChat, readEmbed, readEmbeddings, readGenerate } from "./call.js";
import { showBody } from "./messages.js";

/** The version of the Ollama API that this one is compatible with. */
const VERSION = "0.9.0";

const READERS = {
  "/api/chat": readChat,
  "/api/generate": readGenerate,
  "/api/embed": readEmbed,
  "/api/embeddings": readEmbeddings,
} satisfies Record<OllamaPath, ReadCall>;

/** What the Ollama API serves at a path. Models cannot be pulled, created or deleted: the platform file declares them. */
export function ollamaOperations(router: Router): (path: string) => Operation | undefined {
  const startedAt = new Date().toISOString();
  const operations = new Map<string, Operation>([
    ...Object.entries(READERS).map(([path, read]) => [path, { method: "POST", kind: "call", read }] as const),
    [
      "/api/tags",
      { method: "GET", kind: "read", respond: (principal, response) => list(router, principal, response, startedAt) },
    ],
    [
      "/api/ps",
      { method: "GET", kind: "read", respond: (principal, response) => running(router, principal, response) },
    ],
    [
      "/api/show",
      {
        method: "POST",
        kind: "query",
        respond: (principal, body, response) => show(router, principal, body, response, startedAt),
      },
    ],
    [
      "/api/version",
      { method: "GET", kind: "open", respond: (response) => respondJson(response, 200, { version: VERSION }) },
    ],
  ]);
  return (path) => operations.get(path);
}

/** Ollama's clients may send `name:latest` for `name`. */
export function ollamaModelName(router: Router, name: string): string {
  return router.route(name) === undefined && name.endsWith(":latest") ? name.slice(0, -":latest".length) : name;
}

function visible(router: Router, principal: Principal): readonly ModelRoute[] {
  return [...router.routes].filter(({ model }) => mayUse(principal, model.name));
}

function list(router: Router, principal: Principal, response: ServerResponse, startedAt: string): void {
  const models = visible(router, principal).map((route) => ({ ...entry(route), modified_at: startedAt }));
  respondJson(response, 200, { models });
}

function running(router: Router, principal: Principal, response: ServerResponse): void {
  const now = Date.now();
  const models = visible(router, principal)
    .filter((route) => route.available(now))
    .map((route) => ({
      ...entry(route),
      expires_at: "9999-12-31T00:00:00Z",
      size_vram: 0,
      context_length: route.model.context,
    }));
  respondJson(response, 200, { models });
}

function show(router: Router, principal: Principal, body: Buffer, response: ServerResponse, startedAt: string): void {
  const parsed = parseBody(showBody, body);
  if (isProblem(parsed)) {
    refuse(response, "ollama", parsed);
    return;
  }
  const name = parsed.model || parsed.name;
  if (name === "") {
    refuse(response, "ollama", problem("invalid_body", "you must provide a model"));
    return;
  }
  const route = router.route(ollamaModelName(router, name));
  if (route === undefined || !mayUse(principal, route.model.name)) {
    refuse(response, "ollama", noSuchModel(name));
    return;
  }
  const { model } = route;
  respondJson(response, 200, {
    modelfile: "",
    parameters: "",
    template: "",
    details: details(route),
    model_info: {
      "general.architecture": "unknown",
      "general.parameter_count": model.parameters ?? 0,
      "unknown.context_length": model.context,
    },
    capabilities: capabilities(route),
    modified_at: startedAt,
  });
}

/** What every server of the model supports; before one is ready, what every engine supports. */
function capabilities({ model, targets }: ModelRoute): readonly string[] {
  const [first, ...others] = targets.map(({ target }) => capabilitiesOf(target.engine, model.embeddings));
  const minimum = capabilitiesOf("simulated", model.embeddings);
  return (first ?? minimum).filter((one) => others.every((other) => other.includes(one)));
}

function entry(route: ModelRoute): object {
  const { name } = route.model;
  return { name, model: name, size: 0, digest: "", details: details(route) };
}

function details(route: ModelRoute): object {
  const engine = route.targets[0]?.target.engine ?? route.model.engine;
  return {
    parent_model: "",
    format: engine === "llama.cpp" ? "gguf" : "",
    family: engine,
    families: [engine],
    parameter_size: parameterSize(route.model),
    quantization_level: "",
  };
}

function parameterSize({ parameters }: Model): string {
  return parameters === undefined ? "" : `${Math.round(parameters / 1e8) / 10}B`;
}
