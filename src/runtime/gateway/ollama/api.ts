import type { ServerResponse } from "node:http";
import type { Model } from "../../../plan/plan.js";
import type { Principal } from "../../accounts/client.js";
import { capabilitiesOf } from "../../engine/client.js";
import { answerJson } from "../../kernel/listener.js";
import type { Operation } from "../api-server.js";
import { mayUse } from "../principal.js";
import { noSuchModel, problem, refuse } from "../problem.js";
import type { ModelRoute } from "../routing/model-route.js";
import type { Router } from "../routing/router.js";
import { isProblem, parseBody, readChat, readEmbed, readEmbeddings, readGenerate } from "./call.js";
import { showBody } from "./messages.js";

/** The Ollama API level that is spoken. */
const version = "0.9.0";

/** What the Ollama API serves at a path. Models cannot be pulled, made or deleted here: the platform file names them. */
export function ollamaOperations(router: Router): (path: string) => Operation | undefined {
  const began = new Date().toISOString();
  const operations = new Map<string, Operation>([
    ["/api/chat", { method: "POST", kind: "call", read: readChat }],
    ["/api/generate", { method: "POST", kind: "call", read: readGenerate }],
    ["/api/embed", { method: "POST", kind: "call", read: readEmbed }],
    ["/api/embeddings", { method: "POST", kind: "call", read: readEmbeddings }],
    ["/api/tags", { method: "GET", kind: "answer", answer: (who, response) => list(router, who, response, began) }],
    ["/api/ps", { method: "GET", kind: "answer", answer: (who, response) => running(router, who, response) }],
    [
      "/api/show",
      { method: "POST", kind: "query", answer: (who, body, response) => show(router, who, body, response, began) },
    ],
    ["/api/version", { method: "GET", kind: "open", answer: (response) => answerJson(response, 200, { version }) }],
  ]);
  return (path) => operations.get(path);
}

/** Ollama's clients may say `name:latest` for `name`. */
export function ollamaModelName(router: Router, name: string): string {
  return router.route(name) === undefined && name.endsWith(":latest") ? name.slice(0, -":latest".length) : name;
}

function visible(router: Router, principal: Principal): readonly ModelRoute[] {
  return [...router.routes].filter(({ model }) => mayUse(principal, model.name));
}

function list(router: Router, principal: Principal, response: ServerResponse, began: string): void {
  const models = visible(router, principal).map((route) => ({ ...entry(route), modified_at: began }));
  answerJson(response, 200, { models });
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
  answerJson(response, 200, { models });
}

function show(router: Router, principal: Principal, body: Buffer, response: ServerResponse, began: string): void {
  const parsed = parseBody(showBody, body);
  if (isProblem(parsed)) {
    refuse(response, "ollama", parsed);
    return;
  }
  const named = parsed.model || parsed.name;
  if (named === "") {
    refuse(response, "ollama", problem("invalid_body", "you must provide a model"));
    return;
  }
  const route = router.route(ollamaModelName(router, named));
  if (route === undefined || !mayUse(principal, route.model.name)) {
    refuse(response, "ollama", noSuchModel(named));
    return;
  }
  const { model } = route;
  answerJson(response, 200, {
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
    modified_at: began,
  });
}

/** What every server of the model can do; before one has come up, what is true of them all. */
function capabilities({ model, targets }: ModelRoute): readonly string[] {
  const [first, ...others] = targets.map(({ target }) => capabilitiesOf(target.engine, model.embeddings));
  const least = capabilitiesOf("simulated", model.embeddings);
  return (first ?? least).filter((one) => others.every((other) => other.includes(one)));
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
