import { Command, type CommanderError } from "commander";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { version } from "./version.js";

interface CommandFile {
  register(program: Command): void;
}

/** Every command and the file that holds it. Only the file of the command that was typed is loaded. */
const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  up: () => import("./up.js"),
  down: () => import("./down.js"),
  status: () => import("./status.js"),
  login: () => import("./login.js"),
  logs: () => import("./logs.js"),
  chat: () => import("./chat.js"),
  keys: () => import("./keys.js"),
  usage: () => import("./usage.js"),
  plan: () => import("./plan.js"),
  promises: () => import("./promises.js"),
  check: () => import("./check.js"),
  render: () => import("./render.js"),
  deploy: () => import("./deploy.js"),
  backup: () => import("./backup.js"),
  backups: () => import("./backups.js"),
  restore: () => import("./restore.js"),
  drill: () => import("./drill.js"),
  schema: () => import("./schema.js"),
  serve: () => import("./serve.js"),
  completion: () => import("./completion.js"),
};

async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("keelson")
    .description("The AI platform that keeps its promises: run it, check it, render it, drill it.")
    .version(version(), "-V, --version")
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    // What is wrong with the words is told where every other error is: by `report`, in the form that was asked for.
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => {
      if (error.exitCode === 0) process.exit(0);
      throw usageError(error);
    });

  const typed = argv.slice(2).find((word) => !word.startsWith("-"));
  const load = typed !== undefined && Object.hasOwn(commands, typed) ? commands[typed] : undefined;
  // `keelson check` must not pay for the modules of `keelson up`; only help and mistyped names need all of them.
  const files =
    load && typed !== "completion" ? [await load()] : await Promise.all(Object.values(commands).map((file) => file()));
  for (const file of files) file.register(program);
  // Whoever types the name alone wants to know what there is.
  await program.parseAsync(argv.length > 2 ? argv : [...argv, "--help"]);
}

/** What commander found wrong with the command line; its suggestion, in brackets on a line of its own, is the hint. */
function usageError({ code, message }: CommanderError): KeelsonError {
  const [first = "", ...others] = message.split("\n");
  const suggestion = /^\(Did you mean (.+)\?\)$/.exec(others.join(" ").trim())?.[1];
  return new KeelsonError(
    "usage",
    code === "commander.help" ? "the command line names no command" : first.replace(/^error: /, ""),
    {
      hint: `${suggestion === undefined ? "" : `did you mean ${suggestion}? `}--help shows what the command takes`,
    },
  );
}

function report(error: unknown): number {
  const told = error instanceof KeelsonError ? error : internal(error);
  if (asJson(process.argv)) process.stdout.write(`${JSON.stringify(told.toJSON(), null, 2)}\n`);
  else process.stderr.write(`${told.report()}\n`);
  if (process.env["KEELSON_DEBUG"] && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
  return told.exitCode;
}

function internal(error: unknown): KeelsonError {
  return new KeelsonError("internal", messageOf(error));
}

/** `--json`, or `--format json` in either spelling; what comes after `--` are no options. */
function asJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const options = end < 0 ? argv : argv.slice(0, end);
  return options.some(
    (word, at) => word === "--json" || word === "--format=json" || (word === "--format" && options[at + 1] === "json"),
  );
}

// A reader that has seen enough (`keelson plan | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
// Nobody reads what is said any more (`keelson up 2>&1 | tee`, ended by the same Ctrl-C; a terminal that was closed): what is
// under way is still brought to its end.
process.stderr.on("error", () => undefined);

try {
  await run(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
