import type { CurrentValues } from "./current-values.js";
import type { Completions, DescribedCommand, DescribedOption } from "./described.js";
import type { Shell } from "./shell-names.js";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The options of a command that take a value. */
function valued({ options }: DescribedCommand): (DescribedOption & { readonly value: Completions })[] {
  return options.flatMap(({ flags, value }) => (value === undefined ? [] : [{ flags, value }]));
}

function flagsOf({ options }: DescribedCommand): string[] {
  return options.flatMap(({ flags }) => flags);
}

/** Writes completions as a command of one shell. */
type Write = (offer: Completions) => string;

/** Branches of a `case` over the command and the previous word: the values of options. */
function valueBranches(commands: readonly DescribedCommand[], complete: Write): string[] {
  return commands.flatMap((command) =>
    valued(command).map(
      ({ flags, value }) =>
        `    ${flags.map((flag) => quoted(`${command.name} ${flag}`)).join("|")}) ${complete(value)}; return ;;`,
    ),
  );
}

/** Branches of a `case` over the command: its arguments, subcommands and options. */
function commandBranches(commands: readonly DescribedCommand[], complete: Write): string[] {
  return commands.map((command) => {
    const { words, files, current } = command.completions;
    return `    ${command.name}) ${complete({ words: [...words, ...flagsOf(command)], files, current })} ;;`;
  });
}

function bash(commands: readonly DescribedCommand[]): string {
  const complete: Write = ({ words, files, current }) =>
    `_keelson_complete ${[files ? "files" : "words", current ?? "-", ...words.map(quoted)].join(" ")}`;
  return [
    // One name per line, so that a name with a space is one completion.
    "_keelson_complete() {",
    '  local IFS=$\'\\n\' kind="$1" current="$2"',
    "  shift 2",
    '  COMPREPLY=($(compgen -W "$*" -- "$word"))',
    '  if [ "$current" != - ]; then',
    `    COMPREPLY+=($(compgen -W "$("\${COMP_WORDS[0]}" complete "$current" -- "\${COMP_WORDS[@]:1}" 2>/dev/null)" -- "$word"))`,
    "  fi",
    '  if [ "$kind" = files ]; then COMPREPLY+=($(compgen -f -- "$word")); fi',
    "}",
    "_keelson() {",
    '  local word="${COMP_WORDS[COMP_CWORD]}"',
    "  COMPREPLY=()",
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    ${complete({ words: commands.map(({ name }) => name), files: false })}`,
    "    return",
    "  fi",
    '  case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD-1]}" in',
    ...valueBranches(commands, complete),
    "  esac",
    '  case "${COMP_WORDS[1]}" in',
    ...commandBranches(commands, complete),
    "  esac",
    "}",
    "complete -o filenames -F _keelson keelson",
  ].join("\n");
}

function zsh(commands: readonly DescribedCommand[]): string {
  const complete: Write = ({ words, files, current }) =>
    [
      ...(words.length === 0 ? [] : [`compadd -- ${words.map(quoted).join(" ")}`]),
      ...(current === undefined
        ? []
        : [`compadd -- \${(f)"$(\${words[1]} complete ${current} -- "\${words[@]:1}" 2>/dev/null)"}`]),
      ...(files ? ["_files"] : []),
    ].join("; ") || ":";
  return [
    "#compdef keelson",
    "_keelson() {",
    "  local -a commands",
    `  commands=(${commands.map(({ name, description }) => quoted(`${name}:${description.replaceAll(":", " ")}`)).join(" ")})`,
    "  if (( CURRENT == 2 )); then _describe command commands; return; fi",
    '  case "${words[2]} ${words[CURRENT-1]}" in',
    ...valueBranches(commands, complete),
    "  esac",
    '  case "${words[2]}" in',
    ...commandBranches(commands, complete),
    "  esac",
    "}",
    'if [ "$funcstack[1]" = _keelson ]; then _keelson "$@"; else compdef _keelson keelson; fi',
  ].join("\n");
}

function fish(commands: readonly DescribedCommand[]): string {
  return commands
    .flatMap((command) => {
      const here = `complete -c keelson -n '__fish_seen_subcommand_from ${command.name}'`;
      const { words, files, current } = command.completions;
      return [
        `complete -c keelson -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.description)}`,
        ...(files ? [] : [`${here} -f`]),
        ...(words.length === 0 ? [] : [`${here} -a ${quoted(words.join(" "))}`]),
        ...(current === undefined ? [] : [`${here} -a ${quoted(fishValues(current))}`]),
        ...command.options.map(({ flags, value }) => {
          const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
          const takes = value === undefined ? [] : [value.files ? "-r -F" : "-x"];
          const offered = [
            ...(value?.words ?? []),
            ...(value?.current === undefined ? [] : [fishValues(value.current)]),
          ];
          const given = offered.length === 0 ? [] : [`-a ${quoted(offered.join(" "))}`];
          return [here, ...names, ...takes, ...given].join(" ");
        }),
      ];
    })
    .join("\n");
}

/** A command substitution that fish runs when it completes. */
function fishValues(current: CurrentValues): string {
  return `(keelson complete ${current} -- (commandline -opc)[2..] 2>/dev/null)`;
}

/** The completion script of each shell. */
export const shells: Readonly<Record<Shell, (commands: readonly DescribedCommand[]) => string>> = { bash, zsh, fish };
