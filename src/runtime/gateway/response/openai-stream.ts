import { errorIn, errorOfEvent, failureOf, isObject, type ResponseFailure } from "../failure.js";
import { type Problem, problemBody } from "../problem.js";
import type { Counted, StreamShape } from "../shape.js";
import { dataOf, doneAt, EventCutter, eventStart, eventsIn, isNamedError } from "./events.js";
import { OutputMeter } from "./output-meter.js";
import { countedIn, largerCounts, usageAt } from "./usage-field.js";

const DONE_EVENT = Buffer.from("data: [DONE]\n\n");
const BLANK_LINE = Buffer.from("\n\n");
const DATA = Buffer.from("data:");
/** Part of the name `"error"` and of an event with this name. `"` is the most frequent byte of JSON, which makes a search slow. */
const ERROR_HINT = Buffer.from("rror");
/** Newest parts that are searched for a finish reason when a stream ends without `[DONE]`: usage and metadata may follow the reason. */
const RECENT_PARTS = 4;
const FINISH_REASON = /"finish_reason"\s*:\s*"/;

/**
 * OpenAI to OpenAI: bytes are forwarded unchanged. Only the end is held back. Events are parsed until the first one with content,
 * and scanned after that for token counts and errors.
 */
export class OpenAiStream implements StreamShape {
  readonly contentType = "text/event-stream; charset=utf-8";
  counted: Counted | undefined;
  hasEvents = false;
  hasContent = false;
  dataPieces = 0;
  complete = false;
  failure: ResponseFailure | undefined;
  readonly #cutter = new EventCutter();
  readonly #recent: Buffer[] = [];
  readonly #output = new OutputMeter();
  /** Of a response with several choices: those that have started and not ended. */
  readonly #openChoices = new Set<unknown>();
  #tail: Buffer | undefined;

  /**
   * `strip`: the client did not request the event with the counts, so it is removed. `several`: the response may have several choices,
   * each with its finish reason.
   */
  constructor(
    private readonly strip: boolean,
    private readonly several = false,
  ) {}

  get outputEstimate(): number {
    return this.#output.tokens;
  }

  push(chunk: Buffer): Buffer | undefined {
    if (this.complete || this.failure !== undefined) return undefined;
    const events = this.#cutter.push(chunk);
    return events === undefined ? undefined : this.#take(events);
  }

  finish(): Buffer | undefined {
    const rest = this.#cutter.rest();
    let last: Buffer | undefined;
    // The last event may lack its blank line. A part of an event, which is not valid JSON, is discarded.
    if (rest !== undefined && !this.complete && isWhole(rest)) last = this.#take(Buffer.concat([rest, BLANK_LINE]));
    const isFinished = this.#recent.some((part) => FINISH_REASON.test(part.toString("latin1")));
    if (this.failure === undefined && isFinished && this.#openChoices.size === 0) this.complete = true;
    return last;
  }

  tail(): Buffer {
    return this.#tail ?? DONE_EVENT;
  }

  broken(problem: Problem): Buffer {
    return Buffer.from(`data: ${problemBody("openai", problem)}\n\n`);
  }

  /** Processes complete events; returns those that may be sent. */
  #take(arrived: Buffer): Buffer | undefined {
    let events = arrived;
    const end = doneAt(events);
    if (end >= 0) {
      this.complete = true;
      this.#tail = events.subarray(end);
      events = events.subarray(0, end);
    }
    const mayFail = events.indexOf(ERROR_HINT) >= 0;
    if (mayFail || !this.hasContent) events = this.#untilError(events, mayFail);
    if (events.length === 0) return undefined;
    this.#output.push(events);
    if (events.indexOf(DATA) >= 0) this.dataPieces += 1;
    if (this.#recent.length === RECENT_PARTS) this.#recent.shift();
    this.#recent.push(events);
    if (this.several) this.#followChoices(events);
    const usage = usageAt(events);
    return usage < 0 ? events : this.#count(events, eventStart(events, usage));
  }

  /** The events before the first one with an error. Detects the first content. `mayFail`: there is something like an error. */
  #untilError(events: Buffer, mayFail: boolean): Buffer {
    let before = 0;
    for (const event of eventsIn(events)) {
      if (this.hasContent && !mayFail) return events;
      const data = dataOf(event);
      if (data !== undefined) {
        const value = parsed(data);
        const error = isNamedError(event) ? errorOfEvent(data, value) : errorIn(value);
        if (error !== undefined) {
          this.failure = failureOf(error);
          this.complete = false;
          return events.subarray(0, before);
        }
        this.hasEvents = true;
        this.hasContent ||= isContent(value);
      }
      before += event.length;
    }
    return events;
  }

  #followChoices(events: Buffer): void {
    for (const event of eventsIn(events)) {
      const value = parsed(dataOf(event) ?? "");
      if (!isObject(value) || !Array.isArray(value["choices"])) continue;
      for (const choice of value["choices"]) {
        if (!isObject(choice)) continue;
        if (typeof choice["finish_reason"] === "string") this.#openChoices.delete(choice["index"]);
        else this.#openChoices.add(choice["index"]);
      }
    }
  }

  /** `first`: offset of the first event with a count. */
  #count(events: Buffer, first: number): Buffer | undefined {
    for (const event of eventsIn(events.subarray(first))) {
      if (usageAt(event) >= 0) this.counted = largerCounts(this.counted, countedIn(event));
    }
    if (!this.strip) return events;
    const later = [...eventsIn(events.subarray(first))].filter((event) => usageAt(event) < 0 || !onlyCounts(event));
    const remaining = Buffer.concat([events.subarray(0, first), ...later]);
    return remaining.length === 0 ? undefined : remaining;
  }
}

/** The event that `include_usage` adds has an empty list of choices. */
function onlyCounts(event: Buffer): boolean {
  return /"choices"\s*:\s*\[\s*\]/.test(event.toString("latin1"));
}

/** Whether the rest of a stream is an event that lacks only its blank line. */
function isWhole(rest: Buffer): boolean {
  const data = dataOf(rest);
  return data === "[DONE]" || (data !== undefined && parsed(data) !== undefined);
}

/** Whether an event contains anything that the model has generated. The first event often contains only the role. */
function isContent(value: unknown): boolean {
  if (!isObject(value) || !Array.isArray(value["choices"])) return false;
  return value["choices"].some((choice: unknown) => {
    if (!isObject(choice)) return false;
    const { delta, text, finish_reason } = choice;
    if ((typeof text === "string" && text !== "") || typeof finish_reason === "string") return true;
    return isObject(delta) && Object.entries(delta).some(([name, part]) => name !== "role" && !isEmpty(part));
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
