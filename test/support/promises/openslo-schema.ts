import { z } from "zod";

/**
 * OpenSLO v1 by its specification (https://github.com/OpenSLO/OpenSLO, README.md at aa5cb78, read 2026-11-30), without properties that it
 * does not name. The JSON schema that the project once published cannot be used: its `slo-spec` requires a property with an empty name,
 * and its `sli-spec` knows `rationMetric` (schemas/v1/parts at 02e6460 and 8560149); the current version has none.
 */
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const description = z.string().max(1050);
const durationShorthand = z.string().regex(/^[1-9][0-9]*[mhdwMQY]$/);
const labelKey = z.string().regex(/^[a-z0-9A-Z]([a-z0-9A-Z._-]{0,61}[a-z0-9A-Z])?$/);
const labels = z.record(labelKey, z.union([z.string(), z.array(z.string())]));
const metadata = z.strictObject({ name, displayName: z.string().min(1).optional(), labels: labels.optional() });

/** What a metric source of the type Prometheus contains is up to the reader; all examples of the specification have `query`. */
const metric = z.strictObject({
  metricSource: z.strictObject({
    metricSourceRef: name.optional(),
    type: z.literal("Prometheus"),
    spec: z.strictObject({ query: z.string().min(1) }),
  }),
});
const ratio = z.strictObject({ counter: z.boolean(), good: metric, total: metric });
const sli = z.union([z.strictObject({ ratioMetric: ratio }), z.strictObject({ thresholdMetric: metric })]);
const window = z.strictObject({ duration: durationShorthand, isRolling: z.literal(true) });

const objective = z.strictObject({
  displayName: z.string().optional(),
  op: z.enum(["lte", "gte", "lt", "gt"]).optional(),
  value: z.number().optional(),
  target: z.number().min(0).lt(1),
  timeSliceTarget: z.number().gt(0).max(1).optional(),
  timeSliceWindow: z.union([z.number(), durationShorthand]).optional(),
});

const slo = z
  .strictObject({
    apiVersion: z.literal("openslo/v1"),
    kind: z.literal("SLO"),
    metadata,
    spec: z.strictObject({
      description: description.optional(),
      service: name,
      indicator: z.strictObject({ metadata, spec: sli }),
      timeWindow: z.array(window).length(1).optional(),
      budgetingMethod: z.enum(["Occurrences", "Timeslices"]),
      objectives: z.array(objective).min(1),
    }),
  })
  .superRefine(({ spec }, context) => {
    const isThreshold = "thresholdMetric" in spec.indicator.spec;
    if (isThreshold && spec.objectives.length > 1) context.addIssue("a threshold metric has one objective");
    for (const { op, value, timeSliceTarget, timeSliceWindow } of spec.objectives) {
      if (isThreshold !== (op !== undefined) || isThreshold !== (value !== undefined))
        context.addIssue("`op` and `value` belong to a threshold metric");
      const isSliced = spec.budgetingMethod === "Timeslices";
      if (isSliced !== (timeSliceTarget !== undefined) || isSliced !== (timeSliceWindow !== undefined))
        context.addIssue("`timeSliceTarget` and `timeSliceWindow` belong to Timeslices");
    }
  });

const service = z.strictObject({
  apiVersion: z.literal("openslo/v1"),
  kind: z.literal("Service"),
  metadata,
  spec: z.strictObject({ description: description.optional() }),
});

export const openSloObject = z.union([slo, service]);
