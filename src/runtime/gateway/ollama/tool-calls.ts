import { parseExactly, stringifyExactly } from "../../kernel/exact-json.js";
import { isObject } from "../failure.js";

/** A tool call with its arguments as JSON text. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: string;
}

/** A piece of a tool call in a stream of the OpenAI API. */
interface Piece {
  readonly index?: number | null | undefined;
  readonly id?: string | null | undefined;
  readonly function: {
    readonly name?: string | null | undefined;
    readonly arguments?: string | object | null | undefined;
  };
}

interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
}

/**
 * Collects the pieces of tool calls. By the specification `index` identifies a call. Several servers omit it, or send 0 for every call
 * of a parallel one: then another id, or a second name, starts another call.
 */
export class ToolCalls {
  readonly #calls: OpenCall[] = [];

  get all(): readonly ToolCall[] {
    return this.#calls;
  }

  add({ index, id, function: { name, arguments: args } }: Piece): void {
    const known = this.#callOf(index ?? undefined);
    const call =
      known === undefined || isAnother(known, id ?? "", name ?? "") ? this.#start(index ?? undefined) : known;
    if (call.id === "") call.id = id ?? "";
    // A server may repeat the name with every piece.
    if (name && call.name !== name) call.name += name;
    call.arguments += typeof args === "object" && args !== null ? stringifyExactly(args) : (args ?? "");
  }

  /** The newest call with the index, or the newest call for a piece without one. */
  #callOf(index: number | undefined): OpenCall | undefined {
    return index === undefined ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
  }

  #start(index: number | undefined): OpenCall {
    const call = { index, id: "", name: "", arguments: "" };
    this.#calls.push(call);
    return call;
  }
}

function isAnother(known: OpenCall, id: string, name: string): boolean {
  if (id !== "" && known.id !== "") return id !== known.id;
  // A name after the start of the arguments, or a different complete one.
  return name !== "" && known.name !== "" && id === "" && (known.arguments !== "" || name !== known.name);
}

/** The value of the arguments of a call, for `stringifyExactly`; undefined if they are no JSON object. A call without arguments has an empty text. */
export function argumentsValue(json: string): Readonly<Record<string, unknown>> | undefined {
  if (json.trim() === "") return {};
  try {
    const value = parseExactly(json);
    return value === null ? {} : isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What is invalid in the arguments of a call; undefined if nothing is. */
export function argumentsProblem(calls: readonly ToolCall[]): string | undefined {
  const invalid = calls.find((call) => argumentsValue(call.arguments) === undefined);
  return invalid === undefined
    ? undefined
    : `a call of the tool ${invalid.name.slice(0, 100)} whose arguments are not a JSON object`;
}
