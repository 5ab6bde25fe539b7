import { createInterface } from "node:readline";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import { forTerminal, printError } from "./output.js";

/** Questions to the person at the terminal. They are written to stderr, so that stdout contains only the result. */

/** Whether a person can answer: both ends of the conversation are a terminal. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks questions one after the other. Lines that the person types ahead are the next answers. */
export interface Questions {
  /** The answer; the suggestion for an empty answer. */
  ask(question: string, suggestion: string): Promise<string>;
}

/** Lets `work` ask questions. Without a terminal every answer is the suggestion. */
export async function withQuestions<Result>(work: (questions: Questions) => Promise<Result>): Promise<Result> {
  if (!isInteractive()) return work({ ask: async (_question, suggestion) => suggestion });
  return withAnswers((answer) =>
    work({ ask: async (question, suggestion) => (await answer(`${question} [${suggestion}]: `)) || suggestion }),
  );
}

export interface Confirmation {
  /** What is lost, and for how long the platform does not serve: one item per line. */
  readonly consequences: readonly string[];
  /** The word that the person must type: the name of the platform. */
  readonly name: string;
  /** `--yes` was given. */
  readonly yes: boolean | undefined;
}

/**
 * Lets a person confirm an operation that destroys data by typing the name of the platform. `--yes` confirms it in scripts.
 * @throws KeelsonError `confirm/required` without a terminal and without `--yes`; `confirm/declined` for any other answer.
 */
export async function confirm({ consequences, name, yes }: Confirmation): Promise<void> {
  if (yes) return;
  if (!isInteractive())
    throw new KeelsonError("confirm/required", "this operation destroys data and requires a confirmation", {
      details: consequences,
    });
  for (const consequence of consequences) printError(`${singleLine(consequence)}\n`);
  const answer = await withAnswers((read) => read(`Type ${singleLine(name)} to continue: `));
  if (answer !== name) throw new KeelsonError("confirm/declined", "not confirmed; nothing was changed");
}

/** Reads trimmed lines from the terminal, each after its prompt. Ctrl-C and Ctrl-D decline. */
async function withAnswers<Result>(
  work: (answer: (prompt: string) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  let interrupted = false;
  terminal.on("SIGINT", () => {
    interrupted = true;
    terminal.close();
  });
  const lines = terminal[Symbol.asyncIterator]();
  try {
    return await work(async (prompt) => {
      terminal.setPrompt(forTerminal(prompt));
      terminal.prompt();
      const { done, value } = await lines.next();
      if (!done) return value.trim();
      // The prompt has no line end.
      printError("\n");
      if (interrupted) throw new KeelsonError("confirm/interrupted", "interrupted; nothing was changed");
      throw new KeelsonError("confirm/declined", "no answer was given; nothing was changed");
    });
  } finally {
    terminal.close();
  }
}
