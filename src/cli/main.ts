import { Command } from "commander";
import { isSystemError } from "../disk/disk-errors.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { suggest } from "../platform-file/suggest.js";
import { declareCommands } from "./commands/index.js";
import { stackTraces } from "./debugging.js";
import { printError, printJson } from "./terminal/output.js";
import { usageError } from "./usage-error.js";
import { version } from "./version.js";

async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("keelson")
    .description("The AI platform that keeps its promises: run it, check it, render it, drill it.")
    .version(version(), "-V, --version")
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    // Usage errors are printed like every other error: by `report`, as text or as JSON.
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => {
      if (error.exitCode === 0) process.exit(0);
      throw usageError(error, program, argv);
    });

  declareCommands(program);
  const [name, ...rest] = argv.slice(2);
  const topic = name === "help" ? rest.find((word) => !word.startsWith("-")) : name;
  if (topic !== undefined && !topic.startsWith("-") && !isCommand(program, topic)) throw unknownCommand(program, topic);
  // Without arguments, the help is shown.
  await program.parseAsync(argv.length > 2 ? argv : [...argv, "--help"]);
}

/** Names of other tools for what a command does; the nearest spelling would suggest `restore` for `restart`. */
const SYNONYMS: Readonly<Record<string, string>> = {
  start: "up",
  run: "up",
  stop: "down",
  ps: "status",
  validate: "check",
  lint: "check",
  config: "plan",
  apply: "deploy",
  new: "init",
  create: "init",
  dashboard: "open",
  history: "drills",
  top: "status",
  tail: "logs",
  organisations: "orgs",
  teams: "orgs",
  accounts: "users",
  diff: "render --diff, or deploy --diff",
  models: "plan",
};

function isCommand(program: Command, name: string): boolean {
  return name === "help" || program.commands.some((command) => command.name() === name);
}

function unknownCommand(program: Command, name: string): KeelsonError {
  const near = Object.hasOwn(SYNONYMS, name)
    ? SYNONYMS[name]
    : suggest(
        name,
        program.commands.map((command) => command.name()),
      );
  const suggestion = near === undefined ? "" : `did you mean ${near}? `;
  return new KeelsonError("usage", `unknown command '${name}'`, { hint: `${suggestion}--help lists the commands` });
}

function report(error: unknown): number {
  const problem = error instanceof KeelsonError ? error : internal(error);
  if (asJson(process.argv)) printJson(problem.toJSON());
  else printError(`${problem.report()}\n`);
  if (stackTraces(process.env) && error instanceof Error && error.stack) printError(`${error.stack}\n`);
  return problem.exitCode;
}

function internal(error: unknown): KeelsonError {
  if (isSystemError(error) && error.syscall === "uv_cwd")
    return new KeelsonError("directory/gone", "the current directory does not exist any more", { cause: error });
  return new KeelsonError("internal", messageOf(error));
}

/** `--json`, or `--format json` in either spelling. Words after `--` are not options. */
function asJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const options = end < 0 ? argv : argv.slice(0, end);
  return options.some(
    (word, at) => word === "--json" || word === "--format=json" || (word === "--format" && options[at + 1] === "json"),
  );
}

// A reader that closes the pipe early (`keelson plan | head`) is not an error. What it would have read is lost for every
// other error, such as a full disk.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  const problem = new KeelsonError("output/failed", `cannot write the output: ${messageOf(error)}`, { cause: error });
  printError(`${problem.report()}\n`);
  process.exit(problem.exitCode);
});
// The reader of stderr may exit first (`keelson up 2>&1 | tee`, stopped by the same Ctrl-C; a closed terminal). The command
// still completes its shutdown.
process.stderr.on("error", () => undefined);

try {
  await run(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
