import type { DrillResult } from "../../../contracts/drills.js";
import { type ReportFacts, reportFacts, type Table } from "./facts.js";
import { dark, light, ratePlot } from "./plot.js";

/** The report as one self-contained file: no script, no network; for light and dark colour schemes, and for print. */
export function htmlReport(result: DrillResult): string {
  const facts = reportFacts(result);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(facts.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(facts.title)}</h1>
<p class="verdict ${facts.verdict.word.replaceAll(" ", "-")}"><strong>${escaped(facts.verdict.word)}</strong> ${escaped(facts.verdict.sentence)}</p>
<dl>${facts.facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>
${findings(facts)}
${section("Promised, predicted, measured", facts.measurements)}
${result.series.length > 0 ? plots(result) : ""}
${section("Injected faults", facts.faults)}
${facts.terms ? section("Steps of the recovery", facts.terms) : ""}
${section("Events", facts.events)}
<h2>Method</h2>
<ul>${facts.method.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>
</main>
</body>
</html>
`;
}

function findings({ findings: all }: ReportFacts): string {
  if (all.length === 0) return "";
  const items = all.map(({ what, why }) => `<li><strong>${escaped(what)}</strong>: ${escaped(why)}</li>`);
  return `<h2>Findings</h2><ul class="findings">${items.join("")}</ul>`;
}

function plots(result: DrillResult): string {
  return (["series", "writes"] as const)
    .map((which) => {
      const what = which === "series" ? "Chat requests" : "Database writes";
      const figure = (colours: typeof light, scheme: string) =>
        `<div class="${scheme}">${ratePlot(result, which, colours)}</div>`;
      return `<h2>${what} per second</h2><figure role="img" aria-label="${what} per second over the time of the drill">${figure(light, "light")}${figure(dark, "dark")}</figure>`;
    })
    .join("\n");
}

function section(title: string, { head, rows }: Table): string {
  if (rows.length === 0) return "";
  const heads = head.map((name) => `<th>${escaped(name)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<h2>${escaped(title)}</h2><div class="wide"><table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** A figure and its unit stay on one line; only sentences wrap. */
function cell(value: string): string {
  return `<td${/^\d[\d.,:]*( ?[a-zA-Z]{1,3}(\d+[a-z])?)?$/.test(value) ? ' class="figure"' : ""}>${escaped(value)}</td>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root { color-scheme: light dark; --text: #1d1d1b; --soft: #52514e; --ground: #fff; --line: #dddcd6; --good: #1a7f5a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ecebe4; --soft: #c3c2b7; --ground: #1a1a19; --line: #3a3a38; --good: #4fc796; --bad: #ff8078; }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 12px; }
h2 { font-size: 17px; margin: 32px 0 8px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 16px 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.verdict { padding: 10px 14px; border-left: 4px solid var(--soft); background: color-mix(in srgb, var(--soft) 8%, transparent); }
.verdict.kept { border-color: var(--good); } .verdict.broken { border-color: var(--bad); }
.verdict strong { text-transform: uppercase; letter-spacing: .04em; margin-right: .4em; }
.verdict.kept strong { color: var(--good); } .verdict.broken strong, .findings strong { color: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
.figure { white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
.dark { display: none; }
@media (prefers-color-scheme: dark) { .dark { display: block; } .light { display: none; } }
@media print { .dark { display: none; } .light { display: block; } }
`;
