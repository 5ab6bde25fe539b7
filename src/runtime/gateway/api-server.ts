import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../../contracts/credentials.js";
import { respondJson } from "../kernel/listener.js";
import { newId } from "../kernel/trace.js";
import { Exchange } from "./exchange/exchange.js";
import { bearer, hashOf, type Keys, type Lookup } from "./keys.js";
import { mayUse } from "./principal.js";
import { type Api, noSuchModel, type Problem, problem, refuse, usageUnavailable } from "./problem.js";
import type { BodyReceiver, PendingRequest } from "./request/body.js";
import { Placement } from "./routing/placement.js";
import type { Router } from "./routing/router.js";
import type { Call, LoadRequest } from "./shape.js";
import type { Shared } from "./shared.js";

/** Parses and validates the body of one operation. */
export type ReadCall = (body: Buffer) => Call | LoadRequest | Problem;

/** Serves an operation that needs no model: lists, versions. */
export type Respond = (principal: Principal, response: ServerResponse) => void;

/** What an API serves at one path. */
export type Operation =
  /** A request for a model. */
  | { readonly method: "POST"; readonly kind: "call"; readonly read: ReadCall }
  | { readonly method: "GET"; readonly kind: "read"; readonly respond: Respond }
  /** A read whose parameters are in its body. */
  | {
      readonly method: "POST";
      readonly kind: "query";
      readonly respond: (principal: Principal, body: Buffer, response: ServerResponse) => void;
    }
  /** Needs no key: it reveals nothing of models, keys or usage. */
  | { readonly method: "GET"; readonly kind: "open"; readonly respond: (response: ServerResponse) => void };

type BodyOperation = Extract<Operation, { method: "POST" }>;

/** `Retry-After` while keys cannot be checked. */
const ACCOUNTS_RETRY_AFTER_SECONDS = 2;
const MAX_SHOWN_PATH = 200;

/** Admits a request to a model: path, method, key, scope, body, model. `Exchange` does the rest. */
export class ApiServer implements BodyReceiver<BodyOperation> {
  constructor(
    private readonly api: Api,
    private readonly shared: Shared,
    private readonly router: Router,
    private readonly keys: Keys,
    private readonly operationAt: (path: string) => Operation | undefined,
    private readonly modelNamed: (name: string) => string,
  ) {}

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request.url ?? "/");
    const operation = this.operationAt(path);
    if (operation === undefined) {
      const why = `there is no ${request.method} ${path.slice(0, MAX_SHOWN_PATH)}`;
      this.#refuse(response, problem("not_found", why));
      return;
    }
    if (request.method !== operation.method && !(request.method === "HEAD" && operation.method === "GET")) {
      response.setHeader("allow", operation.method);
      this.#refuse(response, problem("method_not_allowed", `this path supports only ${operation.method}`));
      return;
    }
    if (operation.kind === "open") {
      operation.respond(response);
      return;
    }
    const key = bearer(request.headers.authorization);
    if (key === undefined) {
      this.#refuse(response, problem("missing_api_key", "you must send an API key: Authorization: Bearer KEY"));
      return;
    }
    const hash = hashOf(key);
    const cached = this.keys.peek(hash, Date.now());
    if (cached !== undefined) {
      this.#admit(operation, request, response, cached);
      return;
    }
    const client = request.socket.remoteAddress ?? "";
    void this.keys.find(hash, client).then((found) => this.#admit(operation, request, response, found));
  };

  #admit(
    operation: Exclude<Operation, { kind: "open" }>,
    request: IncomingMessage,
    response: ServerResponse,
    found: Lookup,
  ): void {
    switch (found.kind) {
      case "unavailable":
        this.#refuse(
          response,
          problem("accounts_unavailable", "API keys cannot be checked at the moment", {
            retryAfter: ACCOUNTS_RETRY_AFTER_SECONDS,
          }),
        );
        return;
      case "unknown":
        this.#refuse(response, problem("invalid_api_key", "the API key does not exist, or is revoked or expired"));
        return;
      case "known":
    }
    const { principal } = found;
    if (!principal.scopes.includes("inference")) {
      this.#refuse(response, problem("scope_missing", "the API key lacks the scope inference"));
      return;
    }
    if (operation.kind === "read") operation.respond(principal, response);
    else this.shared.bodies.read(request, response, principal, operation, this);
  }

  bodyRead(pending: PendingRequest<BodyOperation>, body: Buffer): void {
    const { operation, response, principal } = pending;
    if (operation.kind === "query") {
      operation.respond(principal, body, response);
      this.shared.bodies.release(principal.organisation, body.length);
      return;
    }
    const call = operation.read(body);
    if ("status" in call) {
      this.#refuseRead(pending, call, body);
      return;
    }
    const name = this.modelNamed(call.model);
    const route = this.router.route(name);
    if (route === undefined) {
      this.#refuseRead(pending, noSuchModel(call.model), body);
    } else if (!mayUse(principal, name)) {
      const why = problem("model_not_allowed", `the API key may not use the model ${name}`, { param: "model" });
      this.#refuseRead(pending, why, body);
    } else if ("response" in call) {
      if (route.available(Date.now())) {
        this.shared.bodies.release(principal.organisation, body.length);
        respondJson(response, 200, call.response);
      } else {
        const why = problem("model_unavailable", `no server of ${name} is ready`, { retryAfter: route.retryAfter() });
        this.#refuseRead(pending, why, body);
      }
    } else if (this.shared.journal.failing !== undefined) {
      this.#refuseRead(pending, usageUnavailable(), body);
    } else {
      const placement = new Placement(this.router, route, principal.models);
      new Exchange(this.shared, pending.request, response, newId(), principal, call, placement, body.length).start();
    }
  }

  bodyRefused({ response }: PendingRequest<BodyOperation>, why: Problem): void {
    this.#refuse(response, why);
  }

  #refuseRead({ response, principal }: PendingRequest<BodyOperation>, why: Problem, body: Buffer): void {
    this.shared.bodies.release(principal.organisation, body.length);
    this.#refuse(response, why);
  }

  #refuse(response: ServerResponse, why: Problem): void {
    this.shared.metrics.refuse(why.code);
    refuse(response, this.api, why);
  }
}

/** The path without its query. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
