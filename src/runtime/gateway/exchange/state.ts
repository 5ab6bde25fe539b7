/**
 * The life of one request as a state machine: `step(state, event)` changes the state and returns the effects that
 * `Exchange` executes. No I/O, clock or randomness.
 *
 *                     queue-refused                      exhausted, not intended
 *            ┌──────────────────────────────▶ deciding ──────────────────────────▶ done
 *            │                                 │ ▲  │ │                             ▲
 *   new ─▶ selecting ◀── retry-now, fall-back ─┘ │  │ └─ retry-later ─▶ backoff     │
 *            │   │                               │  │                    │          │
 *            │   └─ queued ─▶ queued ────────────┤  └─ exhausted ─┐      │          │
 *            │                 │                 │                ▼      │          │
 *            └─ target-granted ┴─▶ calling ──────┘             settling ─┼──────────┘
 *                                   │  upstream-error,            ▲      │ settlement-durable
 *                                   │  connection-lost before     │      │
 *                                   │  the first byte             │      └─ retry-due ─▶ selecting
 *                                   └─ completed, connection-lost ┘
 *                                      after the first byte
 *
 * `client-left` cancels what runs. If the request was intended, it is then settled with status 499, also if its response is
 * completed during the cancellation. In `settling` it has no effect: the settlement is already written.
 * From every state of an intended request, `journal-refused` leads to `done` at once. `done` ignores every event, except that it releases a slot that is granted late.
 *
 * Invariants (test/gateway/exchange-state.test.ts):
 * - At most one response is sent: END, REFUSE and DESTROY exclude each other.
 * - An intended request is settled exactly once, unless the journal refuses.
 * - Of an intended request, the last byte is sent only after the settlement is durable.
 * - Every granted slot is released exactly once, and the memory of the body as well.
 * - Nothing is retried after the first byte was sent to the client.
 */

export type Phase =
  | "new"
  /** Looks for a target. */
  | "selecting"
  /** Waits in the queue of the model. */
  | "queued"
  /** An attempt is in flight; it holds a slot at its target. */
  | "calling"
  /** The last attempt failed; another attempt, a fallback or the end follows. */
  | "deciding"
  /** Waits before the next attempt. */
  | "backoff"
  /** The settlement is in the journal, and not durable yet. */
  | "settling"
  | "done";

/** One mutable object for each request. */
export interface State {
  phase: Phase;
  /** The intent was passed to the journal: the request has to be settled. */
  intended: boolean;
  /** The intent is durable: bytes may go to the client. */
  intentDurable: boolean;
  /** Bytes for the client are held back until the intent is durable. */
  held: boolean;
  /** Bytes were sent to the client: nothing can be retried. */
  started: boolean;
  clientLeft: boolean;
}

export const EVENTS = [
  "start",
  "client-left",
  /** A slot at a target was acquired. */
  "target-granted",
  /** No slot is free: the request is about to join the queue. */
  "queued",
  /** The queue is full, or the deadline has passed. */
  "queue-refused",
  /** Bytes of the response arrived for the client. */
  "output",
  /** The response of the upstream is complete. */
  "completed",
  /** The upstream returned an error status. */
  "upstream-error",
  /** The attempt ended without a complete response. */
  "connection-lost",
  "retry-now",
  "retry-later",
  "retry-due",
  /** The next model was selected. */
  "fall-back",
  /** No attempt and no fallback is left. */
  "exhausted",
  "intent-durable",
  "settlement-durable",
  /** The journal cannot write an entry of this request. */
  "journal-refused",
] as const;

export type Event = (typeof EVENTS)[number];

/** Effects of one step: a bit set, executed in the order of the bits. */
export type Effects = number;

export const LEAVE_QUEUE = 1 << 0;
export const CANCEL_RETRY = 1 << 1;
/** Abort the attempt; its end is reported as `connection-lost`. */
export const CANCEL = 1 << 2;
/** Abort the attempt; no further event of it is reported. */
export const ABANDON = 1 << 3;
/** Release the slot at the target. */
export const RELEASE = 1 << 4;
/** Discard the bytes that are held back. */
export const DISCARD_HELD = 1 << 5;
/** Send the arrived bytes, or hold them back. */
export const PASS_ON = 1 << 6;
/** Send the bytes that are held back. */
export const OPEN = 1 << 7;
/** Prepare the end of an interrupted response. */
export const BREAK = 1 << 8;
/** Write the settlement of the prepared response. */
export const SETTLE = 1 << 9;
/** Write the settlement of a request whose client disconnected, with the output until now. */
export const SETTLE_LEFT = 1 << 10;
/** Respond with the error that usage cannot be recorded. */
export const REFUSE = 1 << 11;
/** Close the client's connection: the response stays incomplete. */
export const DESTROY = 1 << 12;
/** Send the end of the prepared response. */
export const END = 1 << 13;
/** Record the metrics and the span of a settled request. */
export const RECORD = 1 << 14;
/** Release the memory of the request's body. */
export const FINISH = 1 << 15;
export const WRITE_INTENT = 1 << 16;
/** Send the request to the target. */
export const SEND = 1 << 17;
/** Acquire a slot at a target, or join the queue. */
export const SELECT = 1 << 18;
/** Choose between a retry, a fallback and the end. */
export const DECIDE = 1 << 19;
/** Choose between a fallback and the end. */
export const FALL_BACK = 1 << 20;
export const SCHEDULE_RETRY = 1 << 21;

export function initialState(): State {
  return { phase: "new", intended: false, intentDurable: false, held: false, started: false, clientLeft: false };
}

/** Changes `state` by one event and returns the effects to execute. An event that the phase does not expect has no effect. */
export function step(state: State, event: Event): Effects {
  if (state.phase === "done") return event === "target-granted" ? RELEASE : 0;
  switch (event) {
    case "start":
      return state.phase === "new" ? select(state) : 0;
    case "client-left":
      return clientLeft(state);
    case "target-granted":
      if (state.phase !== "selecting" && state.phase !== "queued") return RELEASE;
      return state.clientLeft ? RELEASE | settleLeft(state) : call(state);
    case "queued":
      if (state.phase !== "selecting") return 0;
      if (state.clientLeft) return settleLeft(state);
      state.phase = "queued";
      return 0;
    case "queue-refused":
      if (state.phase !== "selecting" && state.phase !== "queued") return 0;
      state.phase = "deciding";
      return FALL_BACK;
    case "output":
      return state.phase === "calling" && !state.clientLeft ? output(state) : 0;
    case "completed":
      if (state.phase !== "calling") return 0;
      return RELEASE | (state.clientLeft ? settleLeft(state) : settle(state));
    case "upstream-error":
    case "connection-lost":
      return state.phase === "calling" ? RELEASE | attemptFailed(state) : 0;
    case "retry-now":
    case "fall-back":
      if (state.phase !== "deciding") return 0;
      return state.clientLeft ? settleLeft(state) : select(state);
    case "retry-later":
      if (state.phase !== "deciding") return 0;
      if (state.clientLeft) return settleLeft(state);
      state.phase = "backoff";
      return SCHEDULE_RETRY;
    case "retry-due":
      return state.phase === "backoff" ? select(state) : 0;
    case "exhausted":
      if (state.phase !== "deciding") return 0;
      return state.clientLeft ? settleLeft(state) : respond(state);
    case "intent-durable":
      return intentDurable(state);
    case "settlement-durable":
      if (state.phase !== "settling") return 0;
      state.phase = "done";
      return END | RECORD | FINISH;
    case "journal-refused":
      return journalRefused(state);
  }
}

function select(state: State): Effects {
  state.phase = "selecting";
  return SELECT;
}

function call(state: State): Effects {
  state.phase = "calling";
  if (state.intended) return SEND;
  state.intended = true;
  return WRITE_INTENT | SEND;
}

function output(state: State): Effects {
  if (state.intentDurable) state.started = true;
  else state.held = true;
  return PASS_ON;
}

function intentDurable(state: State): Effects {
  if (!state.intended || state.intentDurable) return 0;
  state.intentDurable = true;
  if (state.held && !state.clientLeft) state.started = true;
  state.held = false;
  return OPEN;
}

function attemptFailed(state: State): Effects {
  if (state.clientLeft) return settleLeft(state);
  if (state.started) return BREAK | settle(state);
  state.held = false;
  state.phase = "deciding";
  return DISCARD_HELD | DECIDE;
}

function clientLeft(state: State): Effects {
  if (state.clientLeft) return 0;
  state.clientLeft = true;
  switch (state.phase) {
    case "new":
      return settleLeft(state);
    case "queued":
      return LEAVE_QUEUE | settleLeft(state);
    case "backoff":
      return CANCEL_RETRY | settleLeft(state);
    case "calling":
      return CANCEL;
    default:
      return 0;
  }
}

function journalRefused(state: State): Effects {
  // An entry can be refused only after the intent was written.
  if (!state.intended) return 0;
  const { phase, started } = state;
  state.phase = "done";
  const stop =
    phase === "queued" ? LEAVE_QUEUE : phase === "backoff" ? CANCEL_RETRY : phase === "calling" ? ABANDON | RELEASE : 0;
  const respond = state.clientLeft ? 0 : started ? DESTROY : REFUSE;
  return stop | respond | FINISH;
}

/** Sends the prepared response, after its settlement if the request was intended. */
function respond(state: State): Effects {
  if (state.intended) return settle(state);
  state.phase = "done";
  return END | FINISH;
}

function settle(state: State): Effects {
  state.phase = "settling";
  return SETTLE;
}

function settleLeft(state: State): Effects {
  if (state.intended) {
    state.phase = "settling";
    return SETTLE_LEFT;
  }
  state.phase = "done";
  return FINISH;
}
