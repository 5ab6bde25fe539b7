import { type Problem, problemBody } from "../problem.js";
import type { Counted, StreamShape } from "../shape.js";
import { doneAt, EventCutter, eventCount, eventStart, eventsIn } from "./events.js";
import { countedIn, usageAt } from "./usage-field.js";

const DONE_EVENT = Buffer.from("data: [DONE]\n\n");

/** OpenAI to OpenAI: bytes are forwarded unchanged. Only the end is held back. Events are scanned for the token counts. */
export class OpenAiStream implements StreamShape {
  readonly contentType = "text/event-stream; charset=utf-8";
  counted: Counted | undefined;
  pieces = 0;
  complete = false;
  readonly #cutter = new EventCutter();
  #tail: Buffer | undefined;

  /** `strip`: the client did not request the event with the counts, so it is removed. */
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
    const usage = usageAt(events);
    if (usage < 0) return events.length === 0 ? undefined : events;
    return this.#count(events, eventStart(events, usage));
  }

  tail(): Buffer {
    return this.#tail ?? DONE_EVENT;
  }

  broken(problem: Problem): Buffer {
    return Buffer.from(`data: ${problemBody("openai", problem)}\n\n`);
  }

  /** `first`: offset of the first event with a count. */
  #count(events: Buffer, first: number): Buffer | undefined {
    this.counted = countedIn(events.subarray(first)) ?? this.counted;
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
