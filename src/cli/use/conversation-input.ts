/** A line that a person typed in a conversation. */
export type Input =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "model"; readonly name: string | undefined }
  | { readonly kind: "system"; readonly text: string | undefined }
  | { readonly kind: "clear" | "exit" | "help" | "nothing" }
  | { readonly kind: "unknown"; readonly name: string };

/** Reads a line: a command that starts with `/`, or a message. `//text` is the message `/text`. */
export function readInput(line: string): Input {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (!text.startsWith("/")) return { kind: "message", text };
  if (text.startsWith("//")) return { kind: "message", text: text.slice(1) };
  const [, name = "", rest = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const argument = rest === "" ? undefined : rest;
  switch (name) {
    case "exit":
    case "quit":
    case "bye":
      return { kind: "exit" };
    case "clear":
      return { kind: "clear" };
    case "help":
    case "?":
      return { kind: "help" };
    case "model":
    case "models":
      return { kind: "model", name: argument };
    case "system":
      return { kind: "system", text: argument };
    default:
      return { kind: "unknown", name: `/${name}` };
  }
}
