import type { Argument, Command, Option } from "commander";
import { rules } from "../../check/rules/index.js";
import { USAGE_DIMENSIONS } from "../../contracts/usage.js";
import { executors } from "../../recovery/drills/faults/index.js";
import { targets } from "../../render/targets.js";
import { modules } from "../../runtime/modules.js";
import { blueprintNames } from "../load.js";

/** What may stand in a place of the command line. */
export interface Offer {
  readonly words: readonly string[];
  /** Names of files too. */
  readonly files: boolean;
}

export interface DescribedOption {
  /** `--target`, `-t`. */
  readonly flags: readonly string[];
  /** Undefined for one that takes no value. */
  readonly value: Offer | undefined;
}

export interface DescribedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly DescribedOption[];
  /** Subcommands, and what an argument may be. */
  readonly offer: Offer;
}

/** What the arguments and options of these names may be, where the command itself checks it, and says it better. */
const known: Readonly<Record<string, () => readonly string[]>> = {
  fault: () => Object.keys(executors),
  target: () => Object.keys(targets),
  rule: () => rules.map(({ code }) => code),
  modules: () => Object.keys(modules),
  by: () => USAGE_DIMENSIONS,
  scope: () => ["inference", "admin", "usage"],
  file: blueprintNames,
};

/** What is put for a value, in help, where it names something on the disk. */
const places: ReadonlySet<string> = new Set(["file", "directory"]);

/** The commands of a program, as a shell completes them. */
export function describeCommands(program: Command): DescribedCommand[] {
  return program.commands.map((command) => {
    const all = [command, ...command.commands];
    const options = new Map(
      all.flatMap(({ options }) => options).map((option) => [option.attributeName(), optionOf(option)] as const),
    );
    const offers = command.registeredArguments.map((argument) => offerOf(argument.name(), argument.name(), argument));
    return {
      name: command.name(),
      description: command.description(),
      options: [...options.values()],
      offer: {
        words: [...command.commands.map((subcommand) => subcommand.name()), ...offers.flatMap(({ words }) => words)],
        files: offers.some(({ files }) => files),
      },
    };
  });
}

function optionOf(option: Option): DescribedOption {
  return {
    flags: [option.long, option.short].filter((flag) => flag != null),
    value:
      option.required || option.optional ? offerOf(option.attributeName(), placeholder(option), option) : undefined,
  };
}

/** `directory` of `--data <directory>`. */
function placeholder({ flags }: Option): string {
  return /[<[](\w+)/.exec(flags)?.[1] ?? "";
}

function offerOf(name: string, shown: string, { argChoices }: Pick<Argument | Option, "argChoices">): Offer {
  return { words: argChoices ?? known[name]?.() ?? [], files: places.has(shown) };
}
