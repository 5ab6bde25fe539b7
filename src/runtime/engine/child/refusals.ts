import { z } from "zod";
import { Refused } from "./inference.js";

/** Fields of a chat that ask for more than text; their forms are looked at no further than it takes to see that. */
const beyondText = z.looseObject({
  messages: z.array(z.looseObject({ content: z.unknown().optional() }).catch({})).catch([]),
  tools: z.array(z.unknown()).catch([]),
  tool_choice: z.unknown().optional(),
  functions: z.array(z.unknown()).catch([]),
  function_call: z.unknown().optional(),
  audio: z.unknown().optional(),
});

const part = z.looseObject({ type: z.string() });

/**
 * Throws `Refused` for images, sound, files and tools, which no engine here can work with: an answer that leaves them out
 * would look like one that had taken them in. Tools may come with `tool_choice: "none"`, which asks for text alone.
 */
export function refuseBeyondText(document: unknown): void {
  const read = beyondText.safeParse(document);
  if (!read.success) return;
  const { messages, tools, tool_choice: choice, functions, function_call: call, audio } = read.data;
  const forced = choice !== undefined && choice !== null && choice !== "none" && choice !== "auto";
  if ((tools.length > 0 && choice !== "none") || forced)
    throw unsupported(
      "this model's engine calls no tools; a model with upstreams can",
      forced ? "tool_choice" : "tools",
    );
  if (functions.length > 0 && call !== "none") throw unsupported("this model's engine calls no functions", "functions");
  if (audio !== undefined && audio !== null) throw unsupported("this model's engine makes no sound", "audio");
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    for (const [at, each] of content.entries()) {
      const typed = part.safeParse(each);
      if (typed.success && typed.data.type !== "text")
        throw unsupported(
          `this model's engine reads text alone, and no part of type ${JSON.stringify(typed.data.type.slice(0, 40))}`,
          `messages[${index}].content[${at}]`,
        );
    }
  }
}

function unsupported(message: string, param: string): Refused {
  return new Refused(message, "unsupported", param);
}
