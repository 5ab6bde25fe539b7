import { USAGE_OPERATIONS } from "../../contracts/usage.js";
import type { Operation } from "./api-server.js";
import { OPERATIONS } from "./operations.js";
import { mayUse } from "./principal.js";
import { noSuchModel } from "./problem.js";
import { readOpenAiCall } from "./request/openai.js";
import type { Router } from "./routing/router.js";

const MODELS_PATH = "/v1/models";

/** What the OpenAI API serves at a path. */
export function openAiOperations(router: Router, startedAt: number): (path: string) => Operation | undefined {
  const calls = new Map<string, Operation>(
    USAGE_OPERATIONS.map((name) => [
      OPERATIONS[name].path,
      { method: "POST", kind: "call", name, read: (body) => readOpenAiCall(name, body) },
    ]),
  );
  const created = Math.floor(startedAt / 1000);
  const modelOf = (name: string): object => {
    const isSimulated = router.route(name)?.targets.some(({ target }) => target.engine === "simulated");
    return { id: name, object: "model", created, owned_by: isSimulated ? "keelson-simulator" : "keelson" };
  };
  const list: Operation = {
    method: "GET",
    kind: "read",
    respond(principal) {
      const data = [...router.routes].map(({ model }) => model.name).filter((name) => mayUse(principal, name));
      return { object: "list", data: data.map(modelOf) };
    },
  };
  const one = (requested: string): Operation => ({
    method: "GET",
    kind: "read",
    respond(principal) {
      const name = router.modelNamed(requested);
      const exists = router.route(name) !== undefined && mayUse(principal, name);
      return exists ? modelOf(name) : noSuchModel("openai", requested);
    },
  });
  return (path) => {
    const call = calls.get(path);
    if (call !== undefined) return call;
    if (path === MODELS_PATH || path === `${MODELS_PATH}/`) return list;
    if (path.startsWith(`${MODELS_PATH}/`)) return one(decoded(path.slice(MODELS_PATH.length + 1)));
    return undefined;
  };
}

/** A decoded path segment; the segment itself when its encoding is invalid. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
