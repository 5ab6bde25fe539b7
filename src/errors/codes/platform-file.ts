import type { ErrorEntries } from "../entry.js";

/** Reading, validating and editing the platform file, as YAML or as code. Most are diagnostics with a position. */
export const platformFileErrors = {
  "file/not-found": { summary: "The platform file does not exist.", exitCode: 2 },
  "file/unreadable": {
    summary:
      "A file or directory exists but cannot be read. Its content is unknown, so nothing that depends on it was changed.",
    exitCode: 2,
    hint: "check its permissions, and that nothing else is in its place",
  },
  "file/outside": {
    summary:
      "A platform file is a link out of the directory in which it is named. Its content could be any file of this machine.",
    exitCode: 2,
    hint: "give the path of the file itself",
  },
  "file/unwritable": {
    summary: "A file cannot be written.",
    exitCode: 2,
    hint: "name a file in an existing directory that you may write to",
  },
  "file/too-large": { summary: "The platform file exceeds 8 MiB.", exitCode: 2 },
  "file/binary": { summary: "The platform file is not text.", exitCode: 2 },

  "yaml/empty": { summary: "The platform file is empty.", exitCode: 2 },
  "yaml/syntax": { summary: "The platform file is not valid YAML.", exitCode: 2 },
  "yaml/tab": { summary: "The platform file is indented with a tab.", exitCode: 2 },
  "yaml/documents": { summary: "The platform file contains more than one YAML document.", exitCode: 2 },
  "yaml/not-a-mapping": { summary: "The top level of the platform file is not a mapping.", exitCode: 2 },
  "yaml/too-deep": { summary: "The platform file exceeds the nesting limit.", exitCode: 2 },
  "yaml/tag": { summary: "A YAML tag such as `!!set` is not supported.", exitCode: 2 },
  "yaml/key": { summary: "A mapping key is not plain text.", exitCode: 2 },
  "yaml/duplicate-key": {
    summary: "A mapping has the same key twice. The rest of the file is checked with both values.",
    exitCode: 2,
  },
  "yaml/merge": { summary: "`<<` merges a value that is not a mapping.", exitCode: 2 },
  "yaml/unknown-anchor": { summary: "An alias refers to an anchor that is not defined before it.", exitCode: 2 },
  "yaml/anchor-cycle": { summary: "An alias contains itself.", exitCode: 2 },
  "yaml/alias-bomb": { summary: "Aliases expand to more nodes than the limit.", exitCode: 2 },

  "spec/invalid": { summary: "The platform file has errors; each is listed with its position.", exitCode: 2 },
  "spec/unknown-key": { summary: "A key is not part of the schema.", exitCode: 2 },
  "spec/missing-key": {
    summary: "A required key is missing. In an environment this is often a misspelled name; the hint then shows it.",
    exitCode: 2,
  },
  "spec/name": { summary: "A name is not valid as a DNS label, which Kubernetes requires.", exitCode: 2 },
  "spec/type": { summary: "A value has the wrong type.", exitCode: 2 },
  "spec/value": { summary: "A value is not one of the allowed values.", exitCode: 2 },
  "spec/credentials-in-url": {
    summary: "An address contains a user name or a password. Declare it as a secret instead.",
    exitCode: 2,
  },
  "spec/range": { summary: "A number, or the size of a list, is out of range.", exitCode: 2 },
  "spec/unit": { summary: "A quantity has no unit or an unknown one, or a range is invalid.", exitCode: 2 },
  "spec/conflict": { summary: "Two settings contradict each other.", exitCode: 2 },
  "spec/duplicate-name": { summary: "Two components have the same name.", exitCode: 2 },
  "spec/unknown-reference": {
    summary: "A call, pool, secret, bucket, model, size class, port or entrance does not exist.",
    exitCode: 2,
  },
  "spec/self-call": { summary: "A service calls itself.", exitCode: 2 },
  "spec/call-cycle": { summary: "Services call each other in a cycle (a warning).", exitCode: 2 },
  "spec/cycle": { summary: "Fallbacks or sidecars form a cycle.", exitCode: 2 },
  "spec/environment": { summary: "An environment changes a setting that only the base may set.", exitCode: 2 },
  "spec/removes-nothing": { summary: "An environment removes a key that the base does not set.", exitCode: 2 },
  "spec/unknown-environment": { summary: "The requested environment is not declared.", exitCode: 2 },

  "code/no-platform": { summary: "A platform file in code does not export a platform.", exitCode: 2 },
  "code/syntax": { summary: "A platform file in code cannot be parsed.", exitCode: 2 },
  "code/import": { summary: "A platform file in code imports a module that does not exist.", exitCode: 2 },
  "code/thrown": { summary: "A platform file in code threw an error.", exitCode: 2 },

  "edit/impossible": {
    summary: "An edit cannot be applied to the file without changing something else.",
    exitCode: 1,
    hint: "edit the file by hand",
  },
  "edit/unreadable": { summary: "An edit was requested of a file that is not valid YAML.", exitCode: 2 },
} as const satisfies ErrorEntries;
