import { z } from "zod";
import { type Message, Refused, type ToolCall } from "./inference.js";

const textPart = z.object({ type: z.literal("text"), text: z.string() });
/** What an assistant had said no with: its words as well. */
const refusalPart = z.object({ type: z.literal("refusal"), refusal: z.string() });
const content = z.union([z.string(), z.array(z.union([textPart, refusalPart])), z.null()]);

const functionCall = z.object({ name: z.string(), arguments: z.string() });

const toolCall = z.union([
  z.object({ id: z.string().nullish(), type: z.literal("function").nullish(), function: functionCall }),
  z.object({
    id: z.string().nullish(),
    type: z.literal("custom"),
    custom: z.object({ name: z.string(), input: z.string() }),
  }),
]);

/** Calls in one message: each result looks through them. */
const mostCalls = 128;

/** A message of a chat as OpenAI's clients send it. */
export const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: content.optional(),
  refusal: z.string().nullish(),
  tool_calls: z.array(toolCall).max(mostCalls).nullish(),
  tool_call_id: z.string().nullish(),
  function_call: functionCall.nullish(),
  /** Whose result it is, for the role `function`. */
  name: z.string().nullish(),
});

type Sent = z.infer<typeof message>;

/** A call whose result is still to be found. `id` is missing in the older form, where the function's name stands for it. */
interface Asked {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: string;
}

/**
 * The messages as turns, the calls of tools joined with their results. Throws `Refused`, naming the message, for a call
 * without a result and a result without a call: the model would be shown a conversation that did not take place.
 */
export function conversationOf(messages: readonly Sent[]): Message[] {
  const turns: Message[] = [];
  let told = 0;
  for (const [index, sent] of messages.entries()) {
    // A result was taken together with the call before it.
    if (index < told) continue;
    if (isResult(sent)) throw nothingAsked(index, sent);
    told = sent.role === "assistant" ? afterResults(messages, index + 1) : index + 1;
    turns.push(turnOf(sent, messages.slice(index + 1, told), index));
  }
  return turns;
}

/** The place of the first message, from `index` on, that is no result. */
function afterResults(messages: readonly Sent[], index: number): number {
  let at = index;
  for (let next = messages[at]; next !== undefined && isResult(next); next = messages[at]) at += 1;
  return at;
}

function turnOf(sent: Sent, results: readonly Sent[], index: number): Message {
  const { role } = sent;
  const text = plainText(sent.content) || (sent.refusal ?? "");
  if (role === "system" || role === "developer") return { role: "system", content: text };
  if (role !== "assistant") return { role: "user", content: text };
  return { role, content: text, calls: answered(askedIn(sent), results, index) };
}

function askedIn({ tool_calls: calls, function_call: call }: Sent): Asked[] {
  const asked = (calls ?? []).map((one) => ({
    id: one.id ?? undefined,
    ...(one.type === "custom" ? { name: one.custom.name, arguments: one.custom.input } : one.function),
  }));
  return call == null ? asked : [...asked, { id: undefined, ...call }];
}

/** Each call with its result; `index` is the message that made the calls, right before those with the results. */
function answered(calls: readonly Asked[], results: readonly Sent[], index: number): ToolCall[] {
  const found = new Map<number, string>();
  for (const [at, result] of results.entries()) {
    const call = calls.findIndex((one, place) => !found.has(place) && answers(result, one));
    if (call < 0) throw nothingAsked(index + 1 + at, result);
    found.set(call, plainText(result.content));
  }
  return calls.map(({ name, arguments: given }, place) => {
    const result = found.get(place);
    if (result !== undefined) return { name, arguments: given, result };
    const field = calls[place]?.id === undefined ? "function_call" : `tool_calls[${place}]`;
    throw new Refused(
      `messages[${index}].${field}: no message after it gives the result of ${JSON.stringify(name.slice(0, 60))}`,
      "invalid_body",
      `messages[${index}].${field}`,
    );
  });
}

function isResult({ role }: Sent): boolean {
  return role === "tool" || role === "function";
}

/** A result that names no call is that of the first which has none yet. */
function answers({ role, name, tool_call_id: id }: Sent, call: Asked): boolean {
  return role === "function" ? call.name === name : id == null || id === call.id;
}

function nothingAsked(index: number, { role, tool_call_id: id }: Sent): Refused {
  const field = `messages[${index}]${role === "function" ? ".name" : id == null ? "" : ".tool_call_id"}`;
  const message = `${field}: the assistant's message before it makes no call that this is the result of`;
  return new Refused(message, "invalid_body", field);
}

function plainText(parts: Sent["content"]): string {
  if (parts === undefined || parts === null) return "";
  if (typeof parts === "string") return parts;
  return parts.map((part) => (part.type === "text" ? part.text : part.refusal)).join("\n");
}
