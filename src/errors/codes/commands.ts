import type { ErrorEntries } from "../entry.js";

/** The command line: its arguments, and the platform that a command connects to. */
export const commandErrors = {
  internal: {
    summary: "An unexpected error: a defect of Keelson.",
    exitCode: 1,
    status: 500,
    hint: "this is a defect of keelson; KEELSON_DEBUG=1 shows where",
  },
  "directory/gone": {
    summary: "The current directory was removed.",
    exitCode: 1,
    hint: "change to another directory",
  },
  "output/failed": {
    summary: "The output of a command could not be written, for example because the disk is full.",
    exitCode: 1,
    hint: "the output is incomplete; write it to another place",
  },
  usage: { summary: "The command line is invalid.", exitCode: 2 },
  "usage/moment": { summary: "A point in time is neither a date nor a duration.", exitCode: 2 },
  "usage/dimension": { summary: "Usage cannot be grouped by this dimension.", exitCode: 2 },

  "check/cannot-fix": {
    summary: "`check --fix` edits YAML only; this platform is defined in code.",
    exitCode: 2,
    hint: "the findings say what to change",
  },
  "check/unknown-rule": { summary: "There is no rule with this code.", exitCode: 2 },
  "plan/no-such-path": { summary: "The Plan has no value at this path.", exitCode: 2 },
  "revision/unreadable": {
    summary: "The platform file cannot be read as of another version.",
    exitCode: 2,
    status: 404,
  },
  "promises/unknown-row": { summary: "The promise sheet has no row with this name.", exitCode: 2 },
  "promises/no-data": {
    summary: "The data directory with drill results does not exist.",
    exitCode: 2,
    hint: "omit --data, or give the directory that `keelson up --data` uses",
  },

  "connection/url": { summary: "`--url` is not a URL.", exitCode: 2, hint: "--url http://127.0.0.1:8800" },
  "connection/key": {
    summary: "A connection needs an API key and none was given.",
    exitCode: 2,
    hint: "give one with --key, or in KEELSON_API_KEY; `keelson keys create` on its machine creates one",
  },
  "connection/refused": {
    summary: "The platform does not accept connections.",
    exitCode: 1,
    hint: "is it running? keelson status",
  },
  "platform/answer": {
    summary: "The platform returned an unexpected response.",
    exitCode: 1,
    hint: "does the platform run another release of Keelson?",
  },
  "platform/unlisted-error": {
    summary: "Another Keelson process returned an error code that this release does not list.",
    exitCode: 1,
    hint: "does the platform run another release of Keelson?",
  },
  "platform/unreachable": {
    summary: "The platform cannot be reached.",
    exitCode: 1,
    hint: "`keelson status` shows whether it is running",
  },
  "platform/several": { summary: "Several platforms are running and none was selected.", exitCode: 2 },
  "data/unknown": { summary: "No data directory, or more than one, was found.", exitCode: 2 },
  "logs/unknown": { summary: "There are no logs, or none of this process.", exitCode: 2 },

  "chat/no-question": {
    summary: "`chat` has no message to send and no terminal to read one from.",
    exitCode: 2,
    hint: 'keelson chat "a question", or pipe one in: echo "a question" | keelson chat',
  },
  "chat/json": {
    summary: "`chat --json` needs exactly one message.",
    exitCode: 2,
    hint: 'keelson chat "a question" --json',
  },
  "chat/answer": { summary: "The model's response ended with an error.", exitCode: 1 },
  "chat/no-model": {
    summary: "The platform has no model, or not the requested one.",
    exitCode: 2,
    hint: "add one to the file: models: { … }",
  },
  "chat/refused": { summary: "The gateway rejected the request.", exitCode: 1 },
  "key/revoked": {
    summary: "The API key is revoked already.",
    exitCode: 1,
    hint: "Nothing is left to do; `keelson keys list --all` shows since when",
  },
  "key/unknown": {
    summary: "There is no such API key.",
    exitCode: 2,
    status: 404,
    hint: "`keelson keys list --all` lists all keys",
  },
  "key/ambiguous": { summary: "Several API keys start with these characters.", exitCode: 2 },

  "confirm/required": {
    summary: "An operation that destroys data was not confirmed: there is no terminal to ask on.",
    exitCode: 2,
    hint: "to confirm it in a script, add --yes",
  },
  "confirm/declined": { summary: "A question was answered with something else than the expected word.", exitCode: 1 },
  "confirm/interrupted": { summary: "A question was answered with Ctrl-C.", exitCode: 130 },
  "docs/unknown": { summary: "There is no page of this name in the documentation.", exitCode: 2 },
  "init/exists": {
    summary: "`init` found a platform file in the directory.",
    exitCode: 2,
    hint: "specify another directory: keelson init DIRECTORY",
  },
  "init/name": {
    summary: "The name given to `init` is not valid for a platform.",
    exitCode: 2,
    hint: "use lower-case letters, digits and hyphens: --name my-platform",
  },

  "user/ambiguous": { summary: "Several users have this name.", exitCode: 2 },

  "serve/no-plan": {
    summary: "`serve` needs a platform file or a plan.",
    exitCode: 2,
    hint: "keelson serve FILE -e ENVIRONMENT, or keelson serve --plan PLAN.json",
  },
  "serve/unknown-unit": { summary: "The plan has no unit with this name.", exitCode: 2 },
  "serve/no-parent": { summary: "The parent process of `serve` ended.", exitCode: 1 },
} as const satisfies ErrorEntries;
