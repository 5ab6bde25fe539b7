import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../../contracts/credentials.js";
import { hashToken, isToken } from "../accounts/client.js";
import { respondJson } from "../kernel/listener.js";
import { CLIENT_REQUEST_ID, clientRequestId } from "../kernel/request-id.js";
import { newId } from "../kernel/trace.js";
import { Exchange } from "./exchange/exchange.js";
import { bearer, type Keys, type Lookup } from "./keys.js";
import type { OperationName } from "./operations.js";
import { mayUse } from "./principal.js";
import { type Api, isProblem, noSuchModel, type Problem, problem, refuse, usageUnavailable } from "./problem.js";
import type { Refused } from "./refusals.js";
import type { BodyReceiver, PendingRequest } from "./request/body.js";
import { Placement } from "./routing/placement.js";
import type { Router } from "./routing/router.js";
import type { Call, LoadRequest } from "./shape.js";
import type { Shared } from "./shared.js";

/** Parses and validates the body of one operation. */
export type ReadCall = (body: Buffer) => Call | LoadRequest | Problem;

/** Serves an operation that needs no model: returns the document, or why the request is refused. */
export type Respond = (principal: Principal) => object | Problem;

/** What an API serves at one path. */
export type Operation =
  /** A request for a model. */
  | { readonly method: "POST"; readonly kind: "call"; readonly name: OperationName; readonly read: ReadCall }
  | { readonly method: "GET"; readonly kind: "read"; readonly respond: Respond }
  /** A read whose parameters are in its body. */
  | {
      readonly method: "POST";
      readonly kind: "query";
      readonly respond: (principal: Principal, body: Buffer) => object | Problem;
    }
  /** Needs no key: it reveals nothing of models, keys or usage. */
  | { readonly method: "GET"; readonly kind: "open"; readonly respond: () => object };

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
  ) {}

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const id = newId();
    const at = Date.now();
    const path = pathOf(request.url ?? "/");
    const operation = this.operationAt(path);
    if (operation === undefined) {
      const why = `there is no ${request.method} ${path.slice(0, MAX_SHOWN_PATH)}`;
      this.#refuse({ request, response, id, at, operation }, problem("not_found", why));
      return;
    }
    if (request.method !== operation.method && !(request.method === "HEAD" && operation.method === "GET")) {
      response.setHeader("allow", operation.method);
      const why = `this path supports only ${operation.method}`;
      this.#refuse({ request, response, id, at, operation }, problem("method_not_allowed", why));
      return;
    }
    if (operation.kind === "open") {
      this.#respond({ request, response, id, at, operation }, operation.respond());
      return;
    }
    const key = bearer(request.headers.authorization);
    if (key === undefined) {
      const why = "you must send an API key: Authorization: Bearer KEY";
      this.#refuse({ request, response, id, at, operation }, problem("missing_api_key", why));
      return;
    }
    const hash = hashToken(key);
    const cached = this.keys.peek(hash, at);
    if (cached !== undefined) this.#admit({ request, response, id, at, operation }, cached);
    else if (!isToken("kls", key)) {
      // Its checksum is wrong: no look-up is necessary.
      const why = "this is not an API key of this platform: it may be mistyped";
      this.#refuse({ request, response, id, at, operation }, problem("invalid_api_key", why));
    } else {
      const client = request.socket.remoteAddress ?? "";
      void this.keys.find(hash, client).then((found) => this.#admit({ request, response, id, at, operation }, found));
    }
  };

  #admit(incoming: Incoming<Exclude<Operation, { kind: "open" }>>, found: Lookup): void {
    switch (found.kind) {
      case "unavailable":
        this.#refuse(
          incoming,
          problem("accounts_unavailable", "API keys cannot be checked at the moment", {
            retryAfter: ACCOUNTS_RETRY_AFTER_SECONDS,
          }),
        );
        return;
      case "unknown":
        this.#refuse(incoming, problem("invalid_api_key", "the API key does not exist, or is revoked or expired"));
        return;
      case "known":
    }
    const { principal } = found;
    const { request, response, id, at, operation } = incoming;
    if (!principal.scopes.includes("inference"))
      this.#refuse({ ...incoming, principal }, problem("scope_missing", "the API key lacks the scope inference"));
    else if (operation.kind === "read") this.#respond({ ...incoming, principal }, operation.respond(principal));
    else {
      const copies = this.api === "ollama" ? 2 : 1;
      this.shared.bodies.read({ request, response, id, at, principal, operation, copies }, this);
    }
  }

  bodyRead(pending: PendingRequest<BodyOperation>, body: Buffer): void {
    const { operation, principal } = pending;
    if (operation.kind === "query") {
      this.#respond(pending, operation.respond(principal, body));
      pending.release();
      return;
    }
    const call = operation.read(body);
    if ("status" in call) {
      this.#refuseRead(pending, call);
      return;
    }
    const name = this.router.modelNamed(call.model);
    const route = this.router.route(name);
    if (route === undefined) {
      this.#refuseRead(pending, noSuchModel(this.api, call.model));
    } else if (!mayUse(principal, name)) {
      const why = problem("model_not_allowed", `the API key may not use the model ${name}`, { param: "model" });
      this.#refuseRead(pending, why, name);
    } else if ("response" in call) {
      if (route.available(Date.now())) {
        pending.release();
        this.#respond(pending, call.response);
      } else {
        const why = problem("model_unavailable", `no server of ${name} is ready`, { retryAfter: route.retryAfter() });
        this.#refuseRead(pending, why, name);
      }
    } else if (this.shared.journal.failing !== undefined) {
      this.#refuseRead(pending, usageUnavailable(), name);
    } else {
      const placement = new Placement(this.router, route, principal.models);
      new Exchange(this.shared, pending, call, placement).start();
    }
  }

  bodyRefused(pending: PendingRequest<BodyOperation>, why: Problem): void {
    this.#refuse(pending, why);
  }

  #refuseRead(pending: PendingRequest<BodyOperation>, why: Problem, model?: string): void {
    pending.release();
    this.#refuse(pending, why, model);
  }

  #respond(incoming: Incoming<Operation>, answer: object | Problem): void {
    if (isProblem(answer)) {
      this.#refuse(incoming, answer);
      return;
    }
    const { request, response, id } = incoming;
    response.setHeader("x-request-id", id);
    const clientId = clientRequestId(request);
    if (clientId !== undefined) response.setHeader(CLIENT_REQUEST_ID, clientId);
    respondJson(response, 200, answer);
  }

  #refuse(incoming: Incoming<Operation | undefined>, why: Problem, model?: string): void {
    const { request, response, id, at, principal, operation } = incoming;
    const name = operation?.kind === "call" ? operation.name : undefined;
    const refused: Refused = { request, id, at, principal, operation: name, model };
    this.shared.refusals.record(refused, why);
    refuse(response, this.api, why, { id, clientId: clientRequestId(request) });
  }
}

/** A request that was not admitted yet, or needs no body. */
interface Incoming<Served> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  /** Epoch milliseconds at which its headers had arrived. */
  readonly at: number;
  readonly operation: Served;
  readonly principal?: Principal;
}

/** The path without its query. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  // Clients join a base address and a path with one slash too many.
  return path.includes("//") || path.endsWith("/") ? `/${path.split("/").filter(Boolean).join("/")}` : path;
}
