import type { ChatBody, Format, GenerateBody, Message, Options } from "./messages.js";

/** The OpenAI request that asks for the same as an Ollama request. All but the model's name, which is the upstream's. */
export type OpenAiBody = Readonly<Record<string, unknown>>;

export function chatRequest({ messages, stream, format, options, tools }: ChatBody): OpenAiBody {
  return {
    messages: messages.flatMap((message, index) => openAiMessage(message, index)),
    ...(tools && tools.length > 0 ? { tools } : {}),
    ...common(stream, format, options),
  };
}

export function generateRequest({ prompt, system, images, stream, format, options }: GenerateBody): OpenAiBody {
  return {
    messages: [
      ...(system ? [{ role: "system", content: system }] : []),
      ...openAiMessage({ role: "user", content: prompt, images }, 0),
    ],
    ...common(stream, format, options),
  };
}

/** Without the model's chat template: the prompt as it stands. */
export function rawRequest({ prompt, stream, format, options }: GenerateBody): OpenAiBody {
  return { prompt, ...common(stream, format, options) };
}

function common(stream: boolean, format: Format, options: Options): OpenAiBody {
  const { temperature, top_p, seed, num_predict, stop, frequency_penalty, presence_penalty } = options ?? {};
  return {
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    ...(format === "json" ? { response_format: { type: "json_object" } } : {}),
    ...(typeof format === "object" && format !== null
      ? { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: format } } }
      : {}),
    // Below zero means "until the end" to Ollama.
    ...(num_predict !== undefined && num_predict > 0 ? { max_tokens: num_predict } : {}),
    ...defined({ temperature, top_p, seed, stop, frequency_penalty, presence_penalty }),
  };
}

function defined(fields: Readonly<Record<string, unknown>>): OpenAiBody {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function openAiMessage({ role, content, images, tool_calls }: Message, index: number): OpenAiBody[] {
  const calls = tool_calls?.map((call, at) => ({
    id: `call_${index}_${at}`,
    type: "function",
    function: { name: call.function.name, arguments: JSON.stringify(call.function.arguments) },
  }));
  const parts = images?.map((image) => ({
    type: "image_url",
    image_url: { url: `data:${imageType(image)};base64,${image}` },
  }));
  return [
    {
      role,
      content: parts && parts.length > 0 ? [{ type: "text", text: content }, ...parts] : content,
      ...(calls && calls.length > 0 ? { tool_calls: calls } : {}),
      // Ollama's answers of tools name no call: the one before it is meant.
      ...(role === "tool" ? { tool_call_id: `call_${Math.max(0, index - 1)}_0` } : {}),
    },
  ];
}

/** The kind of an image, by the first bytes of its base64. */
function imageType(base64: string): string {
  if (base64.startsWith("/9j/")) return "image/jpeg";
  if (base64.startsWith("R0lGOD")) return "image/gif";
  if (base64.startsWith("UklGR")) return "image/webp";
  return "image/png";
}
