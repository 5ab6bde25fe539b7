import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../../../contracts/credentials.js";
import { type Problem, problem } from "../problem.js";
import { BodyGarbage } from "./body-garbage.js";
import { BodyMemory, type Lease, SMALL_BYTES } from "./body-memory.js";

/** Maximum size of one request body, and of all bodies in the memory of this process; and the lowest rate at which one may arrive. */
export interface BodyLimits {
  readonly oneBytes: number;
  readonly allBytes: number;
  /** A body of which fewer than `windowBytes` arrive within `windowMs` is refused. */
  readonly windowMs: number;
  readonly windowBytes: number;
}

/** A connection of 1 KiB/s is slower than any that clients of a model use; senders of that rate hold memory on purpose. */
const BODY_LIMITS: BodyLimits = {
  oneBytes: 32 * 1024 * 1024,
  allBytes: 256 * 1024 * 1024,
  windowMs: 10_000,
  windowBytes: 10 * 1024,
};

/** `Retry-After` of a request for whose body there is no memory. */
const MEMORY_RETRY_AFTER_SECONDS = 1;
const SWEEP_INTERVAL_MS = 1_000;

/** Receives each body that was read, or why it was refused. Neither is called after the client has disconnected. */
export interface BodyReceiver<Operation> {
  bodyRead(request: PendingRequest<Operation>, body: Buffer): void;
  bodyRefused(request: PendingRequest<Operation>, why: Problem): void;
}

/** A request whose key was checked. */
export interface Admitted<Operation> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Its id in responses, logs and the ledger. */
  readonly id: string;
  /** Epoch milliseconds at which its headers had arrived. */
  readonly at: number;
  readonly principal: Principal;
  readonly operation: Operation;
  /** How often the body is in memory at the same time: twice if it is converted. */
  readonly copies: 1 | 2;
}

/** Reads whole request bodies, within the limit of one body and the memory that organisations share. */
export class Bodies {
  readonly memory: BodyMemory;
  readonly garbage = new BodyGarbage();
  /** Bodies that have not arrived completely. */
  readonly #arriving = new Set<PendingRequest<unknown>>();
  readonly #timer: NodeJS.Timeout;

  constructor(readonly limits: BodyLimits = BODY_LIMITS) {
    this.memory = new BodyMemory(limits.allBytes);
    this.#timer = setInterval(() => this.#sweep(), Math.min(SWEEP_INTERVAL_MS, limits.windowMs / 4));
    this.#timer.unref();
  }

  /** Bytes in memory. */
  get held(): number {
    return this.memory.used;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  read<Operation>(admitted: Admitted<Operation>, receiver: BodyReceiver<Operation>): void {
    const pending = new PendingRequest(admitted, receiver, this);
    const refused = this.#refusedHeaders(admitted.request);
    if (refused === undefined) pending.read();
    else receiver.bodyRefused(pending, refused);
  }

  arriving(pending: PendingRequest<unknown>): void {
    this.#arriving.add(pending);
  }

  arrived(pending: PendingRequest<unknown>): void {
    this.#arriving.delete(pending);
  }

  #sweep(): void {
    const now = Date.now();
    for (const pending of this.#arriving) pending.checkRate(now);
    this.garbage.sweep(this.held);
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

/** A request whose body is being read, and its memory. It is the only object that a body allocates besides its bytes. */
export class PendingRequest<Operation> implements Admitted<Operation>, Lease {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly at: number;
  readonly principal: Principal;
  readonly operation: Operation;
  readonly copies: 1 | 2;
  readonly organisation: string;
  bytes = 0;
  reserved = 0;
  /** Bytes of the body that have arrived. */
  #arrived = 0;
  #parts: Buffer[] = [];
  /** The whole body, of which the first `#arrived` bytes are there, if it is large and its size is known. */
  #whole: Buffer | undefined;
  #ended = false;
  /** Epoch milliseconds; 0 before the first check of the rate. */
  #windowStart = 0;
  #windowBytes = 0;

  constructor(
    admitted: Admitted<Operation>,
    private readonly receiver: BodyReceiver<Operation>,
    private readonly bodies: Bodies,
  ) {
    this.request = admitted.request;
    this.response = admitted.response;
    this.id = admitted.id;
    this.at = admitted.at;
    this.principal = admitted.principal;
    this.operation = admitted.operation;
    this.copies = admitted.copies;
    this.organisation = admitted.principal.organisation;
  }

  read(): void {
    this.bodies.arriving(this);
    this.request.on("data", (part: Buffer) => this.#take(part));
    this.request.on("end", () => this.#end());
    this.request.on("close", () => this.#closed());
  }

  /** Releases the memory of the body once it is not needed any more. */
  release(): void {
    if (this.bytes === 0) return;
    this.bodies.garbage.released(this.bytes);
    this.bodies.memory.release(this);
  }

  /** Refuses a body that arrives so slowly that its sender holds memory for nothing. `now`: epoch milliseconds. */
  checkRate(now: number): void {
    const { windowMs, windowBytes } = this.bodies.limits;
    if (this.#windowStart === 0) this.#windowStart = now;
    if (now - this.#windowStart < windowMs) return;
    if (this.#windowBytes < windowBytes) {
      this.response.shouldKeepAlive = false;
      this.#refuse(problem("request_timeout", `the body arrived too slowly, or not at all, for ${windowMs / 1000} s`));
      return;
    }
    this.#windowStart = now;
    this.#windowBytes = 0;
  }

  #take(part: Buffer): void {
    if (this.#ended) return;
    const { oneBytes } = this.bodies.limits;
    this.#windowBytes += part.length;
    if (this.#arrived + part.length > oneBytes) {
      this.#refuse(tooLarge(oneBytes));
    } else if (this.bodies.memory.take(this, part.length * this.copies, Date.now())) {
      this.#keep(part);
    } else {
      const why = "too many large requests are being processed at the same time";
      this.#refuse(problem("memory_exhausted", why, { retryAfter: MEMORY_RETRY_AFTER_SECONDS }));
    }
  }

  /**
   * A large body is written into one buffer as it arrives: joining its parts at the end would take its memory twice. The pages of that
   * buffer take no memory before something is written into them.
   */
  #keep(part: Buffer): void {
    const before = this.#arrived;
    this.#arrived += part.length;
    const length = Number(this.request.headers["content-length"]);
    if (before === 0 && length > SMALL_BYTES) this.#whole = Buffer.allocUnsafeSlow(length);
    if (this.#whole === undefined) this.#parts.push(part);
    else part.copy(this.#whole, before);
  }

  #end(): void {
    if (this.#ended) return;
    this.#finish();
    const [first] = this.#parts;
    const joined = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    const body = this.#whole ?? joined;
    this.#parts = [];
    this.#whole = undefined;
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
    this.#finish();
    this.#parts = [];
    this.#whole = undefined;
    this.release();
  }

  #finish(): void {
    this.#ended = true;
    this.bodies.arrived(this);
  }
}

function tooLarge(limitBytes: number): Problem {
  return problem("body_too_large", `the body is larger than ${Math.round(limitBytes / 1024 / 1024)} MiB`);
}
