import { z } from "zod";
import { listOf } from "../../kernel/list-of.js";
import { Refused, type Tool, type Tools } from "./inference.js";
import { requireBoundedSchema, type SchemaBudget, schemaBudget } from "./schema-bounds.js";

/** As in OpenAI's API. */
const MAX_TOOLS = 128;

const tool = z.object({
  type: z.string(),
  function: z
    .object({
      name: z.string().regex(/^[\w-]{1,64}$/, { error: "a name has 1 to 64 letters, digits, underscores and dashes" }),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
    })
    .optional(),
});

const choice = z.union(
  [
    z.enum(["none", "auto", "required"]),
    z.object({ type: z.literal("function"), function: z.object({ name: z.string() }) }),
  ],
  { error: 'must be "none", "auto", "required" or a function: {"type": "function", "function": {"name": …}}' },
);

/** The fields of a chat that concern tools. */
export const toolFields = {
  tools: listOf(tool, { max: MAX_TOOLS }).nullish(),
  tool_choice: choice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
};

const fields = z.object(toolFields);

/** The tools that a response may call; undefined if it may call none. Throws `Refused` for tools that are not functions. */
export function toolsOf(body: z.infer<typeof fields>): Tools | undefined {
  const budget = schemaBudget();
  const offered = (body.tools ?? []).map((each, index) => toolOf(each, index, budget));
  const wanted = body.tool_choice ?? "auto";
  const names = new Set(offered.map(({ name }) => name));
  if (names.size < offered.length) throw new Refused("tools: two have the same name", "invalid_body", "tools");
  if (wanted === "none") return undefined;
  if (offered.length === 0) {
    if (wanted === "auto") return undefined;
    throw new Refused("tool_choice: the request has no tools", "invalid_body", "tool_choice");
  }
  const parallel = body.parallel_tool_calls !== false;
  if (typeof wanted === "string") return { offered, choice: wanted, parallel };
  const named = offered.filter(({ name }) => name === wanted.function.name);
  if (named.length > 0) return { offered: named, choice: "required", parallel: false };
  const { name } = wanted.function;
  throw new Refused(
    `tool_choice: no tool is named ${JSON.stringify(name.slice(0, 64))}`,
    "invalid_body",
    "tool_choice",
  );
}

function toolOf({ type, function: called }: z.infer<typeof tool>, index: number, budget: SchemaBudget): Tool {
  if (type !== "function" || called === undefined) {
    const kind = JSON.stringify(type.slice(0, 40));
    throw new Refused(
      `tools[${index}]: this model's engine supports functions only, not ${kind}`,
      "unsupported",
      `tools[${index}]`,
    );
  }
  const { name, description, parameters } = called;
  if (parameters != null) requireBoundedSchema(parameters, `tools[${index}].function.parameters`, budget);
  const hasArguments = parameters != null && Object.keys(parameters).length > 0;
  return { name, description: description ?? undefined, parameters: hasArguments ? parameters : undefined };
}
