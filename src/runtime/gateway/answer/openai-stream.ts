import { type Problem, problemBody } from "../problem.js";
import { doneAt, EventCutter, eventCount, eventsIn } from "./events.js";
import type { Counted, StreamShape } from "./shape.js";
import { countedIn, hasUsage } from "./usage-field.js";

const doneEvent = Buffer.from("data: [DONE]\n\n");

/** OpenAI to OpenAI: bytes go through as they came; only the end is kept back, and looked into for the count. */
export class OpenAiStream implements StreamShape {
  readonly contentType = "text/event-stream; charset=utf-8";
  counted: Counted | undefined;
  pieces = 0;
  complete = false;
  readonly #cutter = new EventCutter();
  #tail: Buffer | undefined;

  /** `strip`: the client did not ask for the event with the count, so it does not get it. */
  constructor(private readonly strip: boolean) {}

  push(chunk: Buffer): Buffer | undefined {
    if (this.complete) return undefined;
    let events = this.#cutter.push(chunk);
    if (events === undefined) return undefined;
    const end = doneAt(events);
    if (end >= 0) {
      this.complete = true;
      this.#tail = events.subarray(end);
      events = events.subarray(0, end);
    }
    this.pieces += eventCount(events);
    if (!hasUsage(events)) return events.length === 0 ? undefined : events;
    return this.#count(events);
  }

  tail(): Buffer {
    return this.#tail ?? doneEvent;
  }

  broken(problem: Problem): Buffer {
    return Buffer.from(`data: ${problemBody("openai", problem)}\n\n`);
  }

  #count(events: Buffer): Buffer | undefined {
    this.counted = countedIn(events) ?? this.counted;
    if (!this.strip) return events;
    const kept = [...eventsIn(events)].filter((event) => !(hasUsage(event) && onlyCounts(event)));
    return kept.length === 0 ? undefined : Buffer.concat(kept);
  }
}

/** The event that `include_usage` adds has an empty list of choices. */
function onlyCounts(event: Buffer): boolean {
  return /"choices"\s*:\s*\[\s*\]/.test(event.toString("latin1"));
}
