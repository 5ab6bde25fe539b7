import { z } from "zod";

interface ListLimits {
  readonly min?: number;
  readonly max?: number;
}

/**
 * A list in a document received over HTTP. Its elements are checked up to the first invalid one: `z.array` reports every violation,
 * which takes seconds and gigabytes for a list of a million. Its length is checked before its elements.
 */
export function listOf<Item extends z.ZodType>(
  item: Item,
  { min = 0, max = Number.POSITIVE_INFINITY }: ListLimits = {},
) {
  return z.unknown().transform((given, context): z.output<Item>[] => {
    const add = (issue: z.core.$ZodRawIssue): never => {
      context.issues.push(issue);
      return z.NEVER;
    };
    if (!Array.isArray(given)) return add({ code: "invalid_type", expected: "array", input: given });
    if (given.length < min)
      return add({ code: "too_small", origin: "array", minimum: min, inclusive: true, input: given });
    if (given.length > max)
      return add({ code: "too_big", origin: "array", maximum: max, inclusive: true, input: given });
    const items: z.output<Item>[] = [];
    for (const [index, each] of given.entries()) {
      const parsed = item.safeParse(each);
      if (!parsed.success) {
        for (const issue of parsed.error.issues)
          context.issues.push({ ...issue, input: each, path: [index, ...issue.path] });
        return z.NEVER;
      }
      items.push(parsed.data);
    }
    return items;
  });
}
