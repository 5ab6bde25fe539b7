import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../accounts/client.js";
import { answerJson } from "../kernel/listener.js";
import { newId } from "../kernel/trace.js";
import { Exchange } from "./exchange/exchange.js";
import { bearer, hashOf, type Keys, type Lookup } from "./keys.js";
import { mayUse } from "./principal.js";
import { type Api, noSuchModel, type Problem, problem, refuse, usageUnavailable } from "./problem.js";
import type { BodyReader } from "./request/body.js";
import { Placement } from "./routing/placement.js";
import type { Router } from "./routing/router.js";
import type { Call, LoadRequest } from "./shape.js";
import type { Shared } from "./shared.js";

/** Understands the body of one operation, or says what is wrong with it. */
export type ReadCall = (body: Buffer) => Call | LoadRequest | Problem;

/** Answers an operation that needs no model: lists, versions. */
export type Answer = (principal: Principal, response: ServerResponse) => void;

/** What an API serves at one path. */
export type Operation =
  | { readonly method: "POST"; readonly kind: "call"; readonly read: ReadCall }
  | { readonly method: "GET"; readonly kind: "answer"; readonly answer: Answer }
  | {
      readonly method: "POST";
      readonly kind: "question";
      readonly answer: (principal: Principal, body: Buffer, response: ServerResponse) => void;
    }
  /** Answered to anyone: says nothing of models, keys or use. */
  | { readonly method: "GET"; readonly kind: "open"; readonly answer: (response: ServerResponse) => void };

/** The way of a request up to where it is understood: path, method, key, scope, body, model. */
export class ApiServer {
  constructor(
    private readonly api: Api,
    private readonly shared: Shared,
    private readonly router: Router,
    private readonly keys: Keys,
    private readonly operationAt: (path: string) => Operation | undefined,
    private readonly modelNamed: (name: string) => string,
  ) {}

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const operation = this.operationAt(pathOf(request.url ?? "/"));
    if (operation === undefined) {
      this.#refuse(
        response,
        problem("not_found", `there is no ${request.method} ${pathOf(request.url ?? "/").slice(0, 200)}`),
      );
      return;
    }
    if (request.method !== operation.method && !(request.method === "HEAD" && operation.method === "GET")) {
      response.setHeader("allow", operation.method);
      this.#refuse(response, problem("method_not_allowed", `this path takes ${operation.method}`));
      return;
    }
    if (operation.kind === "open") {
      operation.answer(response);
      return;
    }
    const key = bearer(request.headers.authorization);
    if (key === undefined) {
      this.#refuse(response, problem("missing_api_key", "you must send an API key: Authorization: Bearer KEY"));
      return;
    }
    const hash = hashOf(key);
    const known = this.keys.peek(hash, Date.now());
    if (known !== undefined) this.#admit(operation, request, response, known);
    else void this.keys.find(hash).then((found) => this.#admit(operation, request, response, found));
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
          problem("accounts_unavailable", "keys cannot be checked at the moment", { retryAfter: 2 }),
        );
        return;
      case "unknown":
        this.#refuse(response, problem("invalid_api_key", "the API key is not known, or revoked, or expired"));
        return;
      case "known":
    }
    const { principal } = found;
    if (!principal.scopes.includes("inference")) {
      this.#refuse(response, problem("scope_missing", "the API key was not made for the scope inference"));
      return;
    }
    if (operation.kind === "answer") operation.answer(principal, response);
    else this.shared.bodies.read(request, new Incoming(this, operation, request, response, principal));
  }

  /** A body has come whole. */
  received(
    operation: Extract<Operation, { method: "POST" }>,
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    body: Buffer,
  ): void {
    if (operation.kind === "question") {
      operation.answer(principal, body, response);
      this.shared.bodies.release(body.length);
      return;
    }
    const call = operation.read(body);
    if ("status" in call) {
      this.refuseBody(response, call, body.length);
      return;
    }
    const name = this.modelNamed(call.model);
    const route = this.router.route(name);
    if (route === undefined) {
      this.refuseBody(response, noSuchModel(call.model), body.length);
    } else if (!mayUse(principal, name)) {
      this.refuseBody(
        response,
        problem("model_not_allowed", `the API key may not use the model ${name}`, { param: "model" }),
        body.length,
      );
    } else if ("answer" in call) {
      if (route.available(Date.now())) {
        this.shared.bodies.release(body.length);
        answerJson(response, 200, call.answer);
      } else {
        const why = problem("model_unavailable", `no server of ${name} is ready`, { retryAfter: route.retryAfter() });
        this.refuseBody(response, why, body.length);
      }
    } else if (this.shared.journal.failing !== undefined) {
      this.refuseBody(response, usageUnavailable(), body.length);
    } else {
      const placement = new Placement(this.router, route, principal.models);
      new Exchange(this.shared, request, response, newId(), principal, call, placement, body.length).start();
    }
  }

  refuseBody(response: ServerResponse, why: Problem, bodyBytes: number): void {
    this.shared.bodies.release(bodyBytes);
    this.#refuse(response, why);
  }

  #refuse(response: ServerResponse, why: Problem): void {
    this.shared.metrics.refuse(why.code);
    refuse(response, this.api, why);
  }
}

/** A request whose body is on its way. */
class Incoming implements BodyReader {
  constructor(
    private readonly server: ApiServer,
    private readonly operation: Extract<Operation, { method: "POST" }>,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly principal: Principal,
  ) {}

  bodyRead(body: Buffer): void {
    this.server.received(this.operation, this.request, this.response, this.principal, body);
  }

  bodyRefused(why: Problem): void {
    this.server.refuseBody(this.response, why, 0);
  }
}

/** The path without its query. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
