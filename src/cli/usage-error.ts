import type { Command, CommanderError } from "commander";
import { KeelsonError } from "../errors/keelson-error.js";

/** Converts commander's usage error. Its suggestion, in parentheses on a line of its own, becomes the hint. */
export function usageError({ code, message }: CommanderError, program: Command, argv: readonly string[]): KeelsonError {
  const [first = "", ...others] = message.split("\n");
  const { what, choices } = invalidValue(first.replace(/^error: /, ""));
  const option = UNKNOWN_OPTION.exec(what)?.[1];
  const near = /^\(Did you mean (.+)\?\)$/.exec(others.join(" ").trim())?.[1];
  const command = commandOf(program, argv);
  const suggestion = (option === undefined ? undefined : knownOption(command, option)) ?? near;
  const hint =
    choices !== undefined
      ? `available: ${choices}`
      : option !== undefined && command === program
        ? "options follow the command: keelson COMMAND --option; --help lists the commands"
        : "--help lists the arguments and options";
  return new KeelsonError("usage", code === "commander.help" ? "no command was given" : what, {
    hint: `${suggestion === undefined ? "" : `did you mean ${suggestion}? `}${hint}`,
  });
}

const UNKNOWN_OPTION = /^unknown option '(--[\w-]+)/;

/** Names of other tools for options, in the order of preference; the nearest spelling would suggest another option. */
const OPTION_SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  "--api-key": ["--key"],
  "--blueprint": ["--from"],
  "--template": ["--from"],
  "--since": ["--since", "--from"],
  "--until": ["--to"],
  "--env": ["--environment"],
  "--out": ["--output"],
  "--dir": ["--data", "--output"],
  "--tail": ["--lines"],
  "--limit": ["--lines", "--top"],
  "--force": ["--yes"],
};

/** The option of the command that a user means: by another name, or the only one that starts with what was typed. */
function knownOption(command: Command, typed: string): string | undefined {
  const names = command.options.flatMap(({ long }) => long ?? []);
  const synonym = Object.hasOwn(OPTION_SYNONYMS, typed)
    ? OPTION_SYNONYMS[typed]?.find((name) => names.includes(name))
    : undefined;
  if (synonym !== undefined) return synonym;
  const [only, ...others] = names.filter((name) => name.startsWith(typed));
  return others.length === 0 ? only : undefined;
}

/** The command that the words of a command line name; the program itself before the first command. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const word of argv.slice(2)) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

const INVALID_OPTION = /^option '(?:-\w, )?(--[\w-]+)[^']*' argument '([\s\S]*)' is invalid\. (.*)$/;
const INVALID_ARGUMENT = /^command-argument value '([\s\S]*)' is invalid for argument '(\w+)'\. (.*)$/;
const CHOICES = /^Allowed choices are (.+)\.$/;

/** Commander's message about an invalid value in the words of the other errors, with the choices if there is a list. */
function invalidValue(message: string): { readonly what: string; readonly choices?: string | undefined } {
  const [, option, ofOption, whyOption] = INVALID_OPTION.exec(message) ?? [];
  const [, ofArgument, argument, whyArgument] = INVALID_ARGUMENT.exec(message) ?? [];
  const why = whyOption ?? whyArgument;
  if (why === undefined) return { what: message };
  const choices = CHOICES.exec(why)?.[1];
  const what = `invalid value '${ofOption ?? ofArgument}' for ${option ?? argument}`;
  return { what: choices === undefined ? `${what}: ${why}` : what, choices };
}
