import type { ChatHistoryItem, ChatModelFunctionCall } from "node-llama-cpp";
import type { Message, ToolCall } from "./inference.js";

/**
 * A conversation in the form of the chat templates. It ends with the turn of the model that is to be generated. Tool calls and their
 * results are part of the model's turn: each template formats them in its own way, and templates without tools as text. After a
 * result the model continues the same turn.
 */
export function historyOf(messages: readonly Message[]): ChatHistoryItem[] {
  const history: ChatHistoryItem[] = [];
  for (const message of messages) {
    if (message.role === "assistant") {
      const { content, calls } = message;
      const text = content === "" && calls.length > 0 ? [] : [content];
      openTurn(history).push(...text, ...calls.map((call, index) => functionCall(call, index === 0)));
    } else history.push({ type: message.role, text: message.content });
  }
  openTurn(history);
  return history;
}

/** The model's turn to continue: that of the last tool results, or a new one. */
function openTurn(history: ChatHistoryItem[]): Extract<ChatHistoryItem, { type: "model" }>["response"] {
  const last = history.at(-1);
  if (last?.type === "model" && typeof last.response.at(-1) === "object") return last.response;
  const turn: Extract<ChatHistoryItem, { type: "model" }> = { type: "model", response: [] };
  history.push(turn);
  return turn.response;
}

function functionCall(call: ToolCall, first: boolean): ChatModelFunctionCall {
  return {
    type: "functionCall",
    name: call.name,
    params: call.arguments === "" ? undefined : objectOrText(call.arguments),
    result: objectOrText(call.result),
    ...(first ? { startsNewChunk: true } : {}),
  };
}

/** The parsed text if it is a JSON object. Templates serialise values as JSON: an object passed as a string would be quoted twice. */
function objectOrText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : text;
  } catch {
    return text;
  }
}
