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
${section("Events", facts.events, "events")}
<h2>Method</h2>
<ul>${facts.method.map((line) => `<li>${sentence(line)}</li>`).join("")}</ul>
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

function section(title: string, { head, rows }: Table, style = ""): string {
  if (rows.length === 0) return "";
  const heads = head.map((name) => `<th>${escaped(name)}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map((value, index) => cell(value, head[index] ?? "")).join("")}</tr>`)
    .join("\n");
  return `<h2>${escaped(title)}</h2><table${style === "" ? "" : ` class="${style}"`}><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}

/** A figure and its unit stay on one line; only sentences wrap. */
function cell(value: string, name: string): string {
  const figure = /^\d[\d.,:]*( ?[a-zA-Z]{1,3}(\/s|\d+[a-z])?)?$/.test(value) ? ' class="figure"' : "";
  // The name of the column is shown where a row is a card.
  return `<td${figure} data-name="${escaped(name)}">${escaped(value)}</td>`;
}

/** A sentence in which backticks mark code. */
function sentence(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** The look of the dashboard, from which reports are opened (dashboard/src/tokens.css). */
const STYLE = `
:root {
  color-scheme: light dark; --text: #18222c; --soft: #55636f; --ground: #f5f7f8; --surface: #fff; --line: #dfe5ea; --good: ${light.answered}; --bad: ${light.failed};
}
@media (prefers-color-scheme: dark) {
  :root { --text: #dfe6ed; --soft: #9aa8b5; --ground: #0d1318; --surface: #141b22; --line: #25303a; --good: ${dark.answered}; --bad: ${dark.failed}; }
}
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 14px/1.5 Inter, "Segoe UI", -apple-system, Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 12px; }
h2 { font-size: 15px; margin: 28px 0 8px; }
code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 16px 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.verdict { padding: 10px 14px; border-left: 4px solid var(--soft); background: color-mix(in srgb, var(--soft) 8%, transparent); }
.verdict.kept { border-color: var(--good); } .verdict.broken { border-color: var(--bad); }
.verdict strong { text-transform: uppercase; letter-spacing: .04em; margin-right: .4em; }
.verdict.kept strong { color: var(--good); } .verdict.broken strong, .findings strong { color: var(--bad); }
table, figure { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
tbody tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 500; font-size: 12px; vertical-align: bottom; }
td:first-child:not(.figure) { min-width: 10rem; }
.figure { white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 0; padding: 12px 8px 4px; } figure svg { display: block; width: 100%; height: auto; }
.dark { display: none; }
@media (prefers-color-scheme: dark) { .dark { display: block; } .light { display: none; } }
@media print { .dark { display: none; } .light { display: block; } }
@media (max-width: 720px) {
  dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; }
  table, tbody, tr, td { display: block; } thead { display: none; }
  tr { padding: 8px 12px; border-bottom: 1px solid var(--line); } tbody tr:last-child { border-bottom: 0; }
  td { display: flex; justify-content: space-between; gap: 16px; padding: 2px 0; border: 0; text-align: right; overflow-wrap: anywhere; }
  td:first-child { min-width: 0; font-weight: 600; text-align: left; }
  td:not(:first-child)::before { content: attr(data-name); color: var(--soft); text-align: left; white-space: nowrap; }
  .events td { justify-content: flex-start; text-align: left; font-weight: 400; } .events td:not(:first-child)::before { content: none; }
}
`;
