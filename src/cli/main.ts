import { Command } from "commander";
import { KeelsonError } from "../spec/errors.js";
import { version } from "./version.js";

interface CommandFile {
  register(program: Command): void;
}

/** Every command and the file that holds it. Only the file of the command that was typed is loaded. */
const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  up: () => import("./up.js"),
  down: () => import("./down.js"),
  status: () => import("./status.js"),
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
    .showHelpAfterError("(add --help for what the command takes)")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

  const typed = argv.slice(2).find((word) => !word.startsWith("-"));
  const load = typed === undefined ? undefined : commands[typed];
  // `keelson check` must not pay for the modules of `keelson up`; only help and mistyped names need all of them.
  const files =
    load && typed !== "completion" ? [await load()] : await Promise.all(Object.values(commands).map((file) => file()));
  for (const file of files) file.register(program);
  await program.parseAsync(argv);
}

function report(error: unknown): number {
  if (error instanceof KeelsonError) {
    if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(error.toJSON(), null, 2)}\n`);
    else process.stderr.write(`${error.report()}\n`);
    if (process.env["KEELSON_DEBUG"] && error.stack) process.stderr.write(`${error.stack}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error internal ${message}\n  hint: this is a defect of keelson; KEELSON_DEBUG=1 shows where\n`);
  if (process.env["KEELSON_DEBUG"] && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
  return 1;
}

// A reader that has seen enough (`keelson plan | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await run(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
