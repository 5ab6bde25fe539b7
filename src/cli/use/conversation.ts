import { createInterface } from "node:readline/promises";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import type { Connection } from "../platform/connection.js";
import { coloursFor } from "../terminal/colours.js";
import { forTerminal, PartPrinter, print } from "../terminal/output.js";
import { type Answer, type Message, modelNames, streamAnswer } from "./chat-client.js";
import { readInput } from "./conversation-input.js";

interface Settings {
  readonly model: string;
  readonly system: string | undefined;
}

const HELP = `/model [NAME]    use another model, or list the models
/system [TEXT]   set the system prompt, or remove it
/clear           start a new conversation
/exit            leave; Ctrl-D does the same, Ctrl-C stops an answer
//TEXT           send a message that starts with /
`;

const paint = coloursFor(process.stdout, process.env);

/** A conversation in the terminal, until Ctrl-D or `/exit`. */
export async function converse(connection: Connection, initial: Settings): Promise<void> {
  print(
    paint.dim(`${initial.model} at ${connection.url}. Ctrl-C stops an answer, /help lists commands, Ctrl-D exits.\n`),
  );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  let settings = initial;
  let messages: readonly Message[] = [];
  let current: AbortController | undefined;
  let closed = false;
  terminal.on("close", () => {
    closed = true;
    current?.abort();
  });
  terminal.on("SIGINT", () => (current ? current.abort() : terminal.close()));
  while (!closed) {
    const line = await nextLine(terminal);
    if (line === undefined) break;
    const input = readInput(line);
    current = new AbortController();
    try {
      if (input.kind === "exit") break;
      else if (input.kind === "clear") messages = [];
      else if (input.kind === "help") print(HELP);
      else if (input.kind === "unknown")
        print(paint.red(`there is no command ${singleLine(input.name)}; /help lists the commands\n`));
      else if (input.kind === "system") settings = { ...settings, system: input.text };
      else if (input.kind === "model")
        settings = { ...settings, model: await chosenModel(connection, settings, input.name) };
      else if (input.kind === "message")
        messages = await send(
          connection,
          settings,
          [...messages, { role: "user", content: input.text }],
          current.signal,
        );
    } catch (error) {
      // A failed request does not end the conversation.
      if (current.signal.aborted) print(paint.dim(" (stopped)\n"));
      else if (error instanceof KeelsonError)
        print(
          `${paint.red(singleLine(error.message))}${error.hint === undefined ? "" : `\n  ${singleLine(error.hint)}`}\n`,
        );
      else throw error;
    } finally {
      current = undefined;
    }
  }
  terminal.close();
  print("\n");
}

/** Sends the conversation and returns it with the answer. */
async function send(
  connection: Connection,
  { model, system }: Settings,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const shown = new PartPrinter();
  const all = system === undefined ? messages : [{ role: "system", content: system } as const, ...messages];
  const answer = await streamAnswer(connection, model, all, (part) => shown.print(part), signal);
  shown.end();
  print(`\n${paint.dim(answerStatistics(answer))}\n`);
  return [...messages, { role: "assistant", content: answer.text }];
}

/** The model to use from now on: the one that was named, if it exists; without a name the models are listed. */
async function chosenModel(connection: Connection, { model }: Settings, name: string | undefined): Promise<string> {
  const names = await modelNames(connection);
  if (name !== undefined && names.includes(name)) return name;
  if (name !== undefined)
    throw new KeelsonError("chat/no-model", `there is no model ${name}`, {
      hint: `available models: ${names.join(", ")}`,
    });
  for (const each of names) print(`${each === model ? "* " : "  "}${singleLine(each)}\n`);
  return model;
}

/** The next line of input; undefined at its end. */
function nextLine(terminal: ReturnType<typeof createInterface>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = () => resolve(undefined);
    terminal.once("close", end);
    terminal.question(forTerminal(paint.bold("› "))).then((line) => {
      terminal.off("close", end);
      resolve(line);
    }, end);
  });
}

function answerStatistics({ outputTokens, firstMs, totalMs }: Answer): string {
  const generating = (totalMs - firstMs) / 1000;
  const rate = outputTokens > 1 && generating > 0 ? `, ${Math.round((outputTokens - 1) / generating)} tokens/s` : "";
  return `${outputTokens} tokens, TTFT ${Math.round(firstMs)} ms${rate}`;
}
