import type { Argument, Command, Option } from "commander";
import { rules } from "../../check/rules/index.js";
import { SCOPES } from "../../contracts/authority.js";
import { USAGE_DIMENSIONS } from "../../contracts/usage.js";
import { executors } from "../../recovery/drills/faults/index.js";
import { targets } from "../../render/targets.js";
import { modules } from "../../runtime/modules.js";
import { blueprintNames } from "../platform/load.js";
import type { CurrentValues } from "./current-values.js";

/** Completions for one position of the command line. */
export interface Completions {
  readonly words: readonly string[];
  /** File names as well. */
  readonly files: boolean;
  /** Values that exist only when the shell completes: it requests them with `keelson complete`. */
  readonly current?: CurrentValues | undefined;
}

export interface DescribedOption {
  /** `--target`, `-t`. */
  readonly flags: readonly string[];
  /** Undefined for an option without a value. */
  readonly value: Completions | undefined;
}

export interface DescribedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly DescribedOption[];
  /** Subcommands and values of arguments. */
  readonly completions: Completions;
}

/** Values of arguments and options by name, for those that the command validates itself. */
const VALUES: Readonly<Record<string, () => readonly string[]>> = {
  fault: () => Object.keys(executors),
  target: () => Object.keys(targets),
  rule: () => rules.map(({ code }) => code),
  modules: () => Object.keys(modules),
  by: () => USAGE_DIMENSIONS,
  scope: () => SCOPES,
  file: blueprintNames,
};

/** Arguments and options by command and name whose values depend on a file or on the running platform. */
const CURRENT: Readonly<Record<string, CurrentValues>> = {
  environment: "environments",
  model: "models",
  "restore id": "backups",
  "verify id": "backups",
  "show id": "drills",
  key: "keys",
  ofKey: "keys",
  process: "processes",
  user: "users",
  organisation: "organisations",
};

/** Placeholders in help texts that are paths. */
const PATH_PLACEHOLDERS: ReadonlySet<string> = new Set(["file", "directory"]);

/** The commands of a program with their completions. */
export function describeCommands(program: Command): DescribedCommand[] {
  return program.commands.filter(isListed).map((command) => {
    const all = [command, ...command.commands];
    const options = new Map(
      all
        .flatMap((each) => each.options.map((option) => ({ of: each.name(), option })))
        .map(({ of, option }) => [option.attributeName(), optionOf(of, option)] as const),
    );
    const ofArguments = all.flatMap((each) =>
      each.registeredArguments.map((argument) =>
        completionsOf(each.name(), argument.name(), argument.name(), argument),
      ),
    );
    return {
      name: command.name(),
      description: command.description(),
      options: [...options.values()],
      completions: {
        words: [
          ...command.commands.map((subcommand) => subcommand.name()),
          ...ofArguments.flatMap(({ words }) => words),
        ],
        files: ofArguments.some(({ files }) => files),
        current: ofArguments.find(({ current }) => current !== undefined)?.current,
      },
    };
  });
}

/** A hidden command is called by programs only. */
function isListed(command: Command): boolean {
  return command.name() !== "complete";
}

function optionOf(command: string, option: Option): DescribedOption {
  return {
    flags: [option.long, option.short].filter((flag) => flag != null),
    value:
      option.required || option.optional
        ? completionsOf(command, option.attributeName(), placeholder(option), option)
        : undefined,
  };
}

/** `directory` of `--data <directory>`. */
function placeholder({ flags }: Option): string {
  return /[<[](\w+)/.exec(flags)?.[1] ?? "";
}

function completionsOf(
  command: string,
  name: string,
  shown: string,
  { argChoices }: Pick<Argument | Option, "argChoices">,
): Completions {
  return {
    words: argChoices ?? VALUES[name]?.() ?? [],
    files: PATH_PLACEHOLDERS.has(shown),
    current: CURRENT[`${command} ${name}`] ?? CURRENT[name],
  };
}
