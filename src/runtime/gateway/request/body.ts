import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../../../contracts/credentials.js";
import { SharedLimit } from "../limits/shared-limit.js";
import { type Problem, problem } from "../problem.js";

/** Maximum size of one request body, and of all bodies in the memory of this process. */
export interface BodyLimits {
  readonly oneBytes: number;
  readonly allBytes: number;
}

const BODY_LIMITS: BodyLimits = { oneBytes: 32 * 1024 * 1024, allBytes: 256 * 1024 * 1024 };

/** `Retry-After` of a request for whose body there is no memory. */
const MEMORY_RETRY_AFTER_SECONDS = 1;

/** Receives each body that was read, or why it was refused. Neither is called after the client has disconnected. */
export interface BodyReceiver<Operation> {
  bodyRead(request: PendingRequest<Operation>, body: Buffer): void;
  bodyRefused(request: PendingRequest<Operation>, why: Problem): void;
}

/** Reads whole request bodies, within the limit of one body and the memory that organisations share. */
export class Bodies {
  readonly #memory: SharedLimit;

  constructor(private readonly limits: BodyLimits = BODY_LIMITS) {
    this.#memory = new SharedLimit(limits.allBytes);
  }

  /** Bytes in memory. */
  get held(): number {
    return this.#memory.used;
  }

  /** Releases the memory of a body once its request is done. */
  release(organisation: string, bytes: number): void {
    if (bytes > 0) this.#memory.release(organisation, bytes);
  }

  read<Operation>(
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    operation: Operation,
    receiver: BodyReceiver<Operation>,
  ): void {
    const pending = new PendingRequest(request, response, principal, operation, receiver, this, this.limits);
    const refused = this.#refusedHeaders(request);
    if (refused === undefined) pending.read();
    else receiver.bodyRefused(pending, refused);
  }

  /** Takes memory for more bytes; false when there is none. */
  take(organisation: string, bytes: number): boolean {
    return this.#memory.take(organisation, bytes, Date.now());
  }

  #refusedHeaders(request: IncomingMessage): Problem | undefined {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      const name = encoding.slice(0, 40);
      return problem("body_encoding", `the content-encoding ${name} is not supported: send the body unencoded`);
    }
    const length = request.headers["content-length"];
    return length !== undefined && Number(length) > this.limits.oneBytes ? tooLarge(this.limits.oneBytes) : undefined;
  }
}

/** A request whose body is being read. It is the only object that a body allocates besides its bytes. */
export class PendingRequest<Operation> {
  #parts: Buffer[] = [];
  #sizeBytes = 0;
  #ended = false;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly principal: Principal,
    readonly operation: Operation,
    private readonly receiver: BodyReceiver<Operation>,
    private readonly bodies: Bodies,
    private readonly limits: BodyLimits,
  ) {}

  read(): void {
    this.request.on("data", (part: Buffer) => this.#take(part));
    this.request.on("end", () => this.#end());
    this.request.on("close", () => this.#closed());
  }

  #take(part: Buffer): void {
    if (this.#ended) return;
    if (this.#sizeBytes + part.length > this.limits.oneBytes) {
      this.#refuse(tooLarge(this.limits.oneBytes));
    } else if (!this.bodies.take(this.principal.organisation, part.length)) {
      const why = "too many large requests are being read at the same time";
      this.#refuse(problem("memory_exhausted", why, { retryAfter: MEMORY_RETRY_AFTER_SECONDS }));
    } else {
      this.#sizeBytes += part.length;
      this.#parts.push(part);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const [first] = this.#parts;
    const body = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.receiver.bodyRead(this, body);
  }

  /** The rest of a refused body is discarded as it arrives, so that the client can read the error. */
  #refuse(why: Problem): void {
    this.#discard();
    this.receiver.bodyRefused(this, why);
  }

  #closed(): void {
    if (!this.#ended && !this.request.complete) this.#discard();
  }

  #discard(): void {
    this.#ended = true;
    this.#parts = [];
    this.bodies.release(this.principal.organisation, this.#sizeBytes);
  }
}

function tooLarge(limitBytes: number): Problem {
  return problem("body_too_large", `the body is larger than ${Math.round(limitBytes / 1024 / 1024)} MiB`);
}
