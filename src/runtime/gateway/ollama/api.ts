import type { Principal } from "../../../contracts/credentials.js";
import type { Model } from "../../../plan/plan.js";
import { capabilitiesOf } from "../../engine/client.js";
import type { Operation, ReadCall } from "../api-server.js";
import { isOperation, type OllamaPath, OPERATIONS, type OperationName } from "../operations.js";
import { mayUse } from "../principal.js";
import { isProblem, noSuchModel, type Problem, problem } from "../problem.js";
import type { ModelRoute } from "../routing/model-route.js";
import type { Router } from "../routing/router.js";
import { parseBody, readChat, readEmbed, readEmbeddings, readGenerate } from "./call.js";
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
  const calls = Object.entries(OPERATIONS).flatMap(([name, { ollamaPaths }]) =>
    isOperation(name) ? ollamaPaths.map((path) => callAt(path, name)) : [],
  );
  const operations = new Map<string, Operation>([
    ...calls,
    ["/api/tags", { method: "GET", kind: "read", respond: (principal) => list(router, principal, startedAt) }],
    ["/api/ps", { method: "GET", kind: "read", respond: (principal) => running(router, principal) }],
    [
      "/api/show",
      { method: "POST", kind: "query", respond: (principal, body) => show(router, principal, body, startedAt) },
    ],
    ["/api/version", { method: "GET", kind: "open", respond: () => ({ version: VERSION }) }],
  ]);
  return (path) => operations.get(path);
}

function callAt(path: OllamaPath, name: OperationName): [string, Operation] {
  return [path, { method: "POST", kind: "call", name, read: READERS[path] }];
}

function visible(router: Router, principal: Principal): readonly ModelRoute[] {
  return [...router.routes].filter(({ model }) => mayUse(principal, model.name));
}

function list(router: Router, principal: Principal, startedAt: string): object {
  return { models: visible(router, principal).map((route) => ({ ...entry(route), modified_at: startedAt })) };
}

function running(router: Router, principal: Principal): object {
  const now = Date.now();
  const models = visible(router, principal)
    .filter((route) => route.available(now))
    .map((route) => ({
      ...entry(route),
      expires_at: "9999-12-31T00:00:00Z",
      size_vram: 0,
      ...(route.model.context === undefined ? {} : { context_length: route.model.context }),
    }));
  return { models };
}

function show(router: Router, principal: Principal, body: Buffer, startedAt: string): object | Problem {
  const parsed = parseBody(showBody, body);
  if (isProblem(parsed)) return parsed;
  const name = parsed.model || parsed.name;
  if (name === "") return problem("invalid_body", "you must provide a model");
  const route = router.route(router.modelNamed(name));
  if (route === undefined || !mayUse(principal, route.model.name)) return noSuchModel("ollama", name);
  const { model } = route;
  return {
    modelfile: "",
    parameters: "",
    template: "",
    details: details(route),
    model_info: {
      "general.architecture": "unknown",
      "general.parameter_count": model.parameters ?? 0,
      ...(model.context === undefined ? {} : { "unknown.context_length": model.context }),
    },
    capabilities: capabilitiesOf(model.embeddings),
    modified_at: startedAt,
  };
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
