import { type Api, type Problem, problemBody } from "../problem.js";
import type { Outgoing } from "../response/outgoing.js";
import type { Counted, Tokens } from "../shape.js";

const EMPTY = Buffer.alloc(0);
const NOTHING_COUNTED: Counted = { inputTokens: 0, outputTokens: 0 };

/** The end of a response, from its preparation until it is sent: its last bytes wait for the settlement. Its status is in `out`. */
export class PreparedResponse {
  last: Buffer = EMPTY;
  counted: Counted = NOTHING_COUNTED;
  estimated = false;
  /** The header `Retry-After`; undefined for none. */
  retryAfter: string | number | undefined;
  /** The problem that the response reports; undefined if it is the response of an upstream. */
  problem: Problem | undefined;
  /** Why the newest attempt failed, for the log. */
  reason: string | undefined;

  constructor(
    private readonly api: Api,
    private readonly out: Outgoing,
  ) {}

  /** Prepares a response that replaces an earlier one; nothing is counted for it yet. */
  set(status: number, contentType: string, last: Buffer): void {
    this.out.status = status;
    this.out.contentType = contentType;
    this.last = last;
    this.counted = NOTHING_COUNTED;
    this.estimated = false;
    this.retryAfter = undefined;
    this.problem = undefined;
    this.reason = undefined;
  }

  setProblem(why: Problem): void {
    this.set(why.status, "application/json", Buffer.from(problemBody(this.api, why)));
    this.retryAfter = why.retryAfter;
    this.problem = why;
  }

  count({ counted, estimated }: Tokens): void {
    this.counted = counted;
    this.estimated = estimated;
  }
}
