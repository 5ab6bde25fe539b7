import { singleLine } from "../../errors/terminal-text.js";
import { formatDiagnostic, formatPlace } from "../../platform-file/diagnostic.js";
import { Lines } from "../../platform-file/lines.js";
import type { Finding } from "../finding.js";

/**
 * Findings for a terminal: place, problem, the line with a caret, the fix; then their number. `texts` are the contents of
 * the files that findings refer to, by name.
 */
export function findingsText(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
  environments: readonly string[],
  mark: (text: string, severity: Finding["severity"]) => string = (text) => text,
): string {
  const lines = new Map([...texts].map(([file, text]) => [file, new Lines(text)]));
  const blocks = findings.map((finding) => {
    const source = lines.get(finding.origin.file);
    const shown = { ...finding, hint: undefined, length: tokenLength(source, finding.origin) };
    const [first = "", ...rest] = formatDiagnostic(shown, source).split("\n");
    const where = finding.environments.length < environments.length ? ` (in ${finding.environments.join(", ")})` : "";
    const fix =
      finding.hint === undefined
        ? []
        : [`  fix${finding.fix && finding.safe ? " (applied by --fix)" : ""}: ${singleLine(finding.hint)}`];
    return [`${mark(first, finding.severity)}${where}`, ...rest, ...otherPlaces(finding), ...fix].join("\n");
  });
  return [...blocks, countText(findings, environments)].join("\n\n");
}

/** `2 errors, 1 warning in staging, production; --fix can fix 1`. */
export function countText(findings: readonly Finding[], environments: readonly string[]): string {
  const counts = (["error", "warning", "note"] as const)
    .map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count === 1 ? "" : "s"}`);
  const fixable = findings.filter(({ fix, safe }) => fix && safe).length;
  const where = `in ${environments.join(", ")}`;
  if (counts.length === 0) return `no findings ${where}`;
  return `${counts.join(", ")} ${where}${fixable > 0 ? `; --fix can fix ${fixable}` : ""}`;
}

/** Places beyond this number are counted. */
const MAX_PLACES = 12;

/** The other places of the cause: `also 5:3, 6:3`. None where an anchor or the platform declares it once for all. */
function otherPlaces({ origin, alsoAt = [] }: Finding): readonly string[] {
  const own = formatPlace({ origin });
  const others = [...new Set(alsoAt.map((place) => formatPlace(place)))].filter((place) => place !== own);
  if (others.length === 0) return [];
  const shown = others
    .slice(0, MAX_PLACES)
    .map((place) => place.slice(place.startsWith(`${origin.file}:`) ? origin.file.length + 1 : 0));
  const more = others.length > MAX_PLACES ? ` and ${others.length - MAX_PLACES} more places` : "";
  return [`  also ${shown.join(", ")}${more}`];
}

/** How many characters the caret underlines: the key or value at the place. */
function tokenLength(lines: Lines | undefined, { line, column }: Finding["origin"]): number {
  const source = lines?.line(line)?.slice(column - 1) ?? "";
  const token = /^("[^"]*"|'[^']*')/.exec(source) ?? /^[^\s,:{}[\]#]+/.exec(source);
  return token?.[0].length ?? 1;
}
