import type { IncomingMessage } from "node:http";
import { type Problem, problem } from "../problem.js";

/** Bytes of request bodies that this process holds at once, and of one body. */
export interface BodyLimits {
  readonly one: number;
  readonly all: number;
}

const bodyLimits: BodyLimits = { one: 32 * 1024 * 1024, all: 256 * 1024 * 1024 };

/** Who waits for a body. Called once, with one of the two; never after the client has left. */
export interface BodyReader {
  bodyRead(body: Buffer): void;
  bodyRefused(why: Problem): void;
}

/** Reads request bodies whole, within limits of one body and of all together. */
export class Bodies {
  #held = 0;

  constructor(private readonly limits: BodyLimits = bodyLimits) {}

  get held(): number {
    return this.#held;
  }

  /** Gives back what a body took, once the request is over. */
  release(bytes: number): void {
    this.#held -= bytes;
  }

  read(request: IncomingMessage, reader: BodyReader): void {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      reader.bodyRefused(
        problem("body_encoding", `a body in ${encoding.slice(0, 40)} is not understood: send it plain`),
      );
      return;
    }
    const length = request.headers["content-length"];
    if (length !== undefined && Number(length) > this.limits.one) {
      reader.bodyRefused(tooLarge(this.limits.one));
      return;
    }
    new Reading(request, reader, this, this.limits);
  }

  /** Takes room for more bytes; false when there is none. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.limits.all) return false;
    this.#held += bytes;
    return true;
  }
}

class Reading {
  #parts: Buffer[] = [];
  #size = 0;
  #over = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly reader: BodyReader,
    private readonly bodies: Bodies,
    private readonly limits: BodyLimits,
  ) {
    request.on("data", (part: Buffer) => this.#take(part));
    request.on("end", () => this.#end());
    request.on("close", () => this.#gone());
  }

  #take(part: Buffer): void {
    if (this.#over) return;
    if (this.#size + part.length > this.limits.one) {
      this.#refuse(tooLarge(this.limits.one));
    } else if (!this.bodies.take(part.length)) {
      this.#refuse(problem("memory_exhausted", "too many large requests are being read at once", { retryAfter: 1 }));
    } else {
      this.#size += part.length;
      this.#parts.push(part);
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    const [first] = this.#parts;
    const body = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.reader.bodyRead(body);
  }

  /** What still comes of a refused body is thrown away as it arrives, so that the client can read why. */
  #refuse(why: Problem): void {
    this.#drop();
    this.reader.bodyRefused(why);
  }

  #gone(): void {
    if (!this.#over && !this.request.complete) this.#drop();
  }

  #drop(): void {
    this.#over = true;
    this.#parts = [];
    this.bodies.release(this.#size);
  }
}

function tooLarge(limit: number): Problem {
  return problem("body_too_large", `the body is larger than ${Math.round(limit / 1024 / 1024)} MiB`);
}
