import type { Finding } from "./finding.js";

/**
 * The findings that another version of the platform does not have. A finding is the same if it has the same rule, place and
 * environment, and breaks no other promise: its numbers and its line may differ. One that is new in some of its environments
 * names only those.
 */
export function newFindings(before: readonly Finding[], after: readonly Finding[]): readonly Finding[] {
  const known = new Set(before.flatMap((finding) => finding.environments.flatMap((name) => keysOf(finding, name))));
  return after.flatMap((finding) => {
    const environments = finding.environments.filter((name) => keysOf(finding, name).some((key) => !known.has(key)));
    return environments.length === 0 ? [] : [{ ...finding, environments }];
  });
}

function keysOf({ code, path, concerns = [] }: Finding, environment: string): readonly string[] {
  const place = [code, path, environment];
  if (concerns.length === 0) return [JSON.stringify(place)];
  return concerns.map(({ fault, subject, of }) => JSON.stringify([...place, fault, subject, of]));
}
