import { randomBytes } from "node:crypto";
import type { Generated, Piece } from "./inference.js";

type Finish = Generated["finish"];

interface Ids {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

/** The documents of one choice of a response: chunks of a stream, and the complete choice. */
export interface Choice {
  first(): object | undefined;
  deltas(piece: Piece): readonly object[];
  last(finish: Finish): object;
  complete(pieces: readonly Piece[], finish: Finish): object;
}

/** The documents of one response of one of the two text APIs. */
export interface Shape {
  readonly ids: Ids;
  readonly chunkObject: string;
  choice(index: number): Choice;
}

/** Characters of the arguments of a call in one chunk of a stream. */
const ARGUMENTS_CHUNK_CHARACTERS = 64;

export function chatShape(model: string): Shape {
  return {
    ids: idsOf("chatcmpl", "chat.completion", model),
    chunkObject: "chat.completion.chunk",
    choice: chatChoice,
  };
}

/** A chat has one choice. */
function chatChoice(): Choice {
  let calls = 0;
  return {
    first: () => chatDelta({ role: "assistant", content: "" }),
    deltas(piece) {
      if (piece.kind === "text") return [chatDelta({ content: piece.text })];
      const index = calls;
      calls += 1;
      const parts = piece.arguments.match(new RegExp(`.{1,${ARGUMENTS_CHUNK_CHARACTERS}}`, "gsu")) ?? [];
      return [
        { index, id: callId(), type: "function", function: { name: piece.name, arguments: "" } },
        ...parts.map((part) => ({ index, function: { arguments: part } })),
      ].map((call) => chatDelta({ tool_calls: [call] }));
    },
    last: (finish) => ({ index: 0, delta: {}, logprobs: null, finish_reason: finish }),
    complete: (pieces, finish) => ({
      index: 0,
      message: { role: "assistant", ...chatMessage(pieces), refusal: null },
      logprobs: null,
      finish_reason: finish,
    }),
  };
}

function chatDelta(delta: object): object {
  return { index: 0, delta, logprobs: null, finish_reason: null };
}

/** A message that consists of calls has no content. */
function chatMessage(pieces: readonly Piece[]): object {
  const text = textOf(pieces);
  const calls = pieces.flatMap((piece) => {
    if (piece.kind !== "call") return [];
    const { name, arguments: given } = piece;
    return [{ id: callId(), type: "function", function: { name, arguments: given } }];
  });
  return calls.length === 0 ? { content: text } : { content: text === "" ? null : text, tool_calls: calls };
}

export function completionShape(model: string): Shape {
  return {
    ids: idsOf("cmpl", "text_completion", model),
    chunkObject: "text_completion",
    choice: completionChoice,
  };
}

/** One choice for each prompt. */
function completionChoice(index: number): Choice {
  const document = (text: string, finish: Finish | null): object => ({
    index,
    text,
    logprobs: null,
    finish_reason: finish,
  });
  return {
    first: () => undefined,
    deltas: (piece) => (piece.kind === "text" ? [document(piece.text, null)] : []),
    last: (finish) => document("", finish),
    complete: (pieces, finish) => document(textOf(pieces), finish),
  };
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
}

let counter = 0;

function idsOf(prefix: string, object: string, model: string): Ids {
  counter += 1;
  const now = Date.now();
  return {
    id: `${prefix}-${now.toString(36)}${process.pid.toString(36)}${counter.toString(36)}`,
    object,
    created: Math.floor(now / 1000),
    model,
  };
}

/** Unique in a conversation of any length: results refer to it. */
function callId(): string {
  return `call_${randomBytes(12).toString("hex")}`;
}
