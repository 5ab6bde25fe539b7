import { z } from "zod";
import { listOf } from "../../kernel/list-of.js";
import { type Message, Refused, type ToolCall } from "./inference.js";

const textPart = z.object({ type: z.literal("text"), text: z.string() });
/** The text with which an assistant refused a request. */
const refusalPart = z.object({ type: z.literal("refusal"), refusal: z.string() });
const content = z.union([z.string(), listOf(z.union([textPart, refusalPart])), z.null()]);

const functionCall = z.object({ name: z.string(), arguments: z.string() });

const toolCall = z.union([
  z.object({ id: z.string().nullish(), type: z.literal("function").nullish(), function: functionCall }),
  z.object({
    id: z.string().nullish(),
    type: z.literal("custom"),
    custom: z.object({ name: z.string(), input: z.string() }),
  }),
]);

/** Limit on tool calls in one message, because each result is matched against all of them. */
const MAX_TOOL_CALLS = 128;

/** A message of a chat in OpenAI's API. */
export const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: content.optional(),
  refusal: z.string().nullish(),
  tool_calls: listOf(toolCall, { max: MAX_TOOL_CALLS }).nullish(),
  tool_call_id: z.string().nullish(),
  function_call: functionCall.nullish(),
  /** The function that returned the result, for the role `function`. */
  name: z.string().nullish(),
});

type RequestMessage = z.infer<typeof message>;

/** A call without its result. The older form has no `id`; the function's name identifies it. */
interface PendingCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: string;
}

/**
 * The messages as turns, with tool calls joined to their results. Throws `Refused` with the message's path for a call without a
 * result and for a result without a call.
 */
export function conversationOf(messages: readonly RequestMessage[]): Message[] {
  const turns: Message[] = [];
  let consumed = 0;
  for (const [index, sent] of messages.entries()) {
    // A result is consumed together with the call before it.
    if (index < consumed) continue;
    if (isResult(sent)) throw resultWithoutCall(index, sent);
    consumed = sent.role === "assistant" ? afterResults(messages, index + 1) : index + 1;
    turns.push(turnOf(sent, messages.slice(index + 1, consumed), index));
  }
  return turns;
}

/** The index of the first message, from `index` on, that is not a result. */
function afterResults(messages: readonly RequestMessage[], index: number): number {
  let at = index;
  for (let next = messages[at]; next !== undefined && isResult(next); next = messages[at]) at += 1;
  return at;
}

function turnOf(sent: RequestMessage, results: readonly RequestMessage[], index: number): Message {
  const { role } = sent;
  const text = plainText(sent.content) || (sent.refusal ?? "");
  if (role === "system" || role === "developer") return { role: "system", content: text };
  if (role !== "assistant") return { role: "user", content: text };
  return { role, content: text, calls: joinResults(callsIn(sent), results, index) };
}

function callsIn({ tool_calls: calls, function_call: call }: RequestMessage): PendingCall[] {
  const pending = (calls ?? []).map((one) => ({
    id: one.id ?? undefined,
    ...(one.type === "custom" ? { name: one.custom.name, arguments: one.custom.input } : one.function),
  }));
  return call == null ? pending : [...pending, { id: undefined, ...call }];
}

/** Each call with its result. `index` is the index of the message with the calls; the results follow it. */
function joinResults(calls: readonly PendingCall[], results: readonly RequestMessage[], index: number): ToolCall[] {
  const found = new Map<number, string>();
  for (const [at, result] of results.entries()) {
    const call = calls.findIndex((one, position) => !found.has(position) && isResultOf(result, one));
    if (call < 0) throw resultWithoutCall(index + 1 + at, result);
    found.set(call, plainText(result.content));
  }
  return calls.map(({ name, arguments: argumentsText }, position) => {
    const result = found.get(position);
    if (result !== undefined) return { name, arguments: argumentsText, result };
    const field = calls[position]?.id === undefined ? "function_call" : `tool_calls[${position}]`;
    throw new Refused(
      `messages[${index}].${field}: no message after it contains the result of ${JSON.stringify(name.slice(0, 60))}`,
      "invalid_body",
      `messages[${index}].${field}`,
    );
  });
}

function isResult({ role }: RequestMessage): boolean {
  return role === "tool" || role === "function";
}

/** A result without an id belongs to the first call that has no result yet. */
function isResultOf({ role, name, tool_call_id: id }: RequestMessage, call: PendingCall): boolean {
  return role === "function" ? call.name === name : id == null || id === call.id;
}

function resultWithoutCall(index: number, { role, tool_call_id: id }: RequestMessage): Refused {
  const field = `messages[${index}]${role === "function" ? ".name" : id == null ? "" : ".tool_call_id"}`;
  const message = `${field}: the preceding assistant message contains no call that this result belongs to`;
  return new Refused(message, "invalid_body", field);
}

function plainText(parts: RequestMessage["content"]): string {
  if (parts === undefined || parts === null) return "";
  if (typeof parts === "string") return parts;
  return parts.map((part) => (part.type === "text" ? part.text : part.refusal)).join("\n");
}
