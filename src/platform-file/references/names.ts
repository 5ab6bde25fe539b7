import type { ReferenceContext, ReferenceProblem } from "./context.js";

/** Services, models and stores share one namespace: each name becomes a host name, with `.` written as `-`. */
export function* checkUniqueNames({ settings }: ReferenceContext): Iterable<ReferenceProblem> {
  const owners = new Map<string, string>();
  for (const group of ["services", "models", "stores"] as const)
    for (const name of Object.keys(settings[group] ?? {})) {
      const host = name.replaceAll(".", "-");
      const owner = owners.get(host);
      if (owner === undefined) owners.set(host, `${group}.${name}`);
      else
        yield {
          path: [group, name],
          code: "spec/duplicate-name",
          message: `\`${name}\` is already the name of \`${owner}\`: services, models and stores share one set of names`,
          hint: `rename one, e.g. \`${name}-${group.slice(0, -1)}\``,
        };
    }
}
