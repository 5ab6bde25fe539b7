import { z } from "zod";

/** What SARIF 2.1.0 (OASIS) requires of the properties that are written here, and no other; by its sections. */
const text = z.strictObject({ text: z.string().min(1) }); // 3.11
const level = z.enum(["none", "note", "warning", "error"]); // 3.27.10

/** 3.49: an id that is unique in its array. */
const rule = z.strictObject({
  id: z.string().regex(/^[a-z]+\/[a-z-]+$/),
  shortDescription: text,
  fullDescription: text,
  help: text,
  defaultConfiguration: z.strictObject({ level }),
  properties: z.strictObject({ tags: z.array(z.string().min(1)).min(1) }),
});

/** 3.30: lines and columns from 1; the end is exclusive and after the start. */
const region = z
  .strictObject({
    startLine: z.int().min(1),
    startColumn: z.int().min(1),
    endColumn: z.int().min(2).optional(),
  })
  .refine(({ startColumn, endColumn }) => endColumn === undefined || endColumn > startColumn);

/** 3.4.3: a valid URI reference: nothing that would have to be escaped, and no empty path. */
const uri = z.string().regex(/^(?:file:\/\/\/)?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})+$/);

/** 3.4.4: what is relative says to what, by a name of `originalUriBaseIds` (3.14.14); what is absolute does not. */
const artifact = z
  .strictObject({ uri, uriBaseId: z.literal("%SRCROOT%").optional() })
  .refine((each) => each.uri.startsWith("file:") === (each.uriBaseId === undefined))
  .refine((each) => !each.uri.split("/").includes(".."));

const location = z.strictObject({
  physicalLocation: z.strictObject({ artifactLocation: artifact, region }),
});

/** 3.27. */
const result = z.strictObject({
  ruleId: z.string().min(1),
  ruleIndex: z.int().min(0),
  level,
  message: text,
  locations: z.array(location).length(1),
  properties: z.strictObject({
    environments: z.array(z.string().min(1)).min(1).optional(),
    path: z.string().min(1).optional(),
    fixable: z.boolean(),
  }),
});

/** 3.14; a result's index leads to the rule of its id (3.27.6). */
const run = z
  .strictObject({
    tool: z.strictObject({
      driver: z.strictObject({
        name: z.literal("keelson"),
        version: z.string().min(1),
        semanticVersion: z.string().regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/),
        rules: z.array(rule).refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length),
      }),
    }),
    invocations: z.array(z.strictObject({ executionSuccessful: z.boolean() })).length(1),
    originalUriBaseIds: z
      .strictObject({ "%SRCROOT%": z.strictObject({ uri: uri.startsWith("file:///").endsWith("/") }) })
      .optional(),
    columnKind: z.literal("utf16CodeUnits"),
    results: z.array(result),
  })
  .refine(
    ({ tool, results }) => results.every(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]?.id === ruleId),
    "a result's ruleIndex is not that of its ruleId",
  )
  .refine(
    ({ originalUriBaseIds, results }) =>
      originalUriBaseIds !== undefined ||
      results.every(({ locations }) => locations.every((each) => !each.physicalLocation.artifactLocation.uriBaseId)),
    "a location is relative to what the run does not say",
  );

/** A SARIF log as `keelson check` writes it: every property that is required is there, and none that is unknown. */
export const sarifLog = z.strictObject({
  $schema: z.literal("https://json.schemastore.org/sarif-2.1.0.json"),
  version: z.literal("2.1.0"),
  runs: z.array(run).length(1),
});
