import type { ServerResponse } from "node:http";
import type { Principal } from "../accounts/client.js";
import { answerJson } from "../kernel/listener.js";
import type { Operation } from "./api-server.js";
import { mayUse } from "./principal.js";
import { noSuchModel, refuse } from "./problem.js";
import { isOpenAiPath, readOpenAiCall } from "./request/openai.js";
import type { Router } from "./routing/router.js";

const modelsPath = "/v1/models";

/** What the OpenAI API serves at a path. */
export function openAiOperations(router: Router, startedAt: number): (path: string) => Operation | undefined {
  const calls = new Map<string, Operation>();
  const created = Math.floor(startedAt / 1000);
  const modelOf = (name: string): object => ({ id: name, object: "model", created, owned_by: "keelson" });
  const list: Operation = {
    method: "GET",
    kind: "answer",
    answer(principal, response) {
      const data = [...router.routes].map(({ model }) => model.name).filter((name) => mayUse(principal, name));
      answerJson(response, 200, { object: "list", data: data.map(modelOf) });
    },
  };
  const one = (name: string): Operation => ({
    method: "GET",
    kind: "answer",
    answer(principal: Principal, response: ServerResponse) {
      if (router.route(name) !== undefined && mayUse(principal, name)) answerJson(response, 200, modelOf(name));
      else refuse(response, "openai", noSuchModel(name));
    },
  });
  return (path) => {
    const known = calls.get(path);
    if (known !== undefined) return known;
    if (isOpenAiPath(path)) {
      const call: Operation = { method: "POST", kind: "call", read: (body) => readOpenAiCall(path, body) };
      calls.set(path, call);
      return call;
    }
    if (path === modelsPath || path === `${modelsPath}/`) return list;
    if (path.startsWith(`${modelsPath}/`)) return one(decoded(path.slice(modelsPath.length + 1)));
    return undefined;
  };
}

/** A path segment as it was meant; as it stands when it is not well encoded. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
