import { Argument, type Command } from "commander";

interface Described {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  /** Subcommands, and what an argument may be. */
  readonly words: readonly string[];
}

function flags(command: Command): string[] {
  return command.options.flatMap((option) => [option.long, option.short].filter((flag) => flag != null));
}

function describe(program: Command): Described[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...new Set([command, ...command.commands].flatMap(flags))],
    words: [
      ...command.commands.map((subcommand) => subcommand.name()),
      ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    ],
  }));
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const shells = {
  bash: (commands: readonly Described[]) =>
    [
      "_keelson() {",
      '  local word="${COMP_WORDS[COMP_CWORD]}"',
      '  if [ "$COMP_CWORD" -eq 1 ]; then',
      `    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(" ")}" -- "$word"))`,
      "    return",
      "  fi",
      '  case "${COMP_WORDS[1]}" in',
      ...commands.map(
        (command) =>
          `    ${command.name}) COMPREPLY=($(compgen -W "${[...command.words, ...command.options].join(" ")}" -- "$word") $(compgen -f -- "$word")) ;;`,
      ),
      "  esac",
      "}",
      "complete -o filenames -F _keelson keelson",
    ].join("\n"),
  zsh: (commands: readonly Described[]) =>
    [
      "#compdef keelson",
      "_keelson() {",
      "  local -a commands",
      `  commands=(${commands.map((command) => quoted(`${command.name}:${command.description.replaceAll(":", " ")}`)).join(" ")})`,
      "  if (( CURRENT == 2 )); then _describe command commands; return; fi",
      "  case ${words[2]} in",
      ...commands.map(
        (command) => `    ${command.name}) compadd -- ${[...command.words, ...command.options].join(" ")}; _files ;;`,
      ),
      "  esac",
      "}",
      'if [ "$funcstack[1]" = _keelson ]; then _keelson "$@"; else compdef _keelson keelson; fi',
    ].join("\n"),
  fish: (commands: readonly Described[]) =>
    commands
      .flatMap((command) => [
        `complete -c keelson -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.description)}`,
        ...command.words.map(
          (name) => `complete -c keelson -n '__fish_seen_subcommand_from ${command.name}' -a ${name}`,
        ),
        ...command.options
          .filter((flag) => flag.startsWith("--"))
          .map((flag) => `complete -c keelson -n '__fish_seen_subcommand_from ${command.name}' -l ${flag.slice(2)}`),
      ])
      .join("\n"),
} as const;

/** Prints a completion script made from the commands themselves, so it cannot go stale. */
export function register(program: Command): void {
  program
    .command("completion")
    .description("print a shell completion script")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", '\nAdd to your shell\'s start-up file, e.g.: eval "$(keelson completion bash)"')
    .action((shell: keyof typeof shells) => {
      process.stdout.write(`${shells[shell](describe(program))}\n`);
    });
}
