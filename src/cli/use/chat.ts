import { KeelsonError } from "../../errors/keelson-error.js";
import { type Connection, type ConnectionOptions, connect } from "../platform/connection.js";
import { PartPrinter, printError, printResult } from "../terminal/output.js";
import { INTERRUPTED } from "../terminal/signals.js";
import { firstModel, type Message, read, streamAnswer } from "./chat-client.js";
import { converse } from "./conversation.js";

export interface ChatOptions extends ConnectionOptions {
  readonly model?: string;
  readonly system?: string;
  readonly json?: boolean;
}

/** `keelson chat`. */
export async function chat(words: readonly string[], options: ChatOptions): Promise<void> {
  const prompt = words.join(" ") || (process.stdin.isTTY ? "" : await readStdin());
  if (prompt === "" && !process.stdin.isTTY)
    throw new KeelsonError("chat/no-question", "no prompt was given, and stdin is not a terminal");
  if (prompt === "" && options.json) throw new KeelsonError("chat/json", "--json requires a prompt");
  const connection = await connect(options, "inference");
  const model = options.model ?? (await firstModel(connection));
  if (prompt === "") await converse(connection, { model, system: options.system });
  else await sendPrompt(connection, model, prompt, options);
}

async function sendPrompt(
  connection: Connection,
  model: string,
  prompt: string,
  { system, json }: ChatOptions,
): Promise<void> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const shown = new PartPrinter();
  const show = json ? () => undefined : (text: string) => shown.print(text);
  const messages: readonly Message[] = [
    ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
    { role: "user", content: prompt },
  ];
  try {
    const answer = await streamAnswer(connection, model, messages, show, interrupted.signal);
    shown.end();
    printResult(json, answer, () => "");
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    shown.end();
    printError("\n(stopped)\n");
    process.exitCode = INTERRUPTED;
  }
}

async function readStdin(): Promise<string> {
  return (await read(process.stdin)).trim();
}
