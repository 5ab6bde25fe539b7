/**
 * Draws the promise sheet of a running platform as one SVG, for the README: the page's own figures in the page's own colours.
 *
 *     KEELSON_URL=http://127.0.0.1:8800 KEELSON_API_KEY=kls_… \
 *       node -e 'import("vite").then((vite) => vite.runnerImport("./dashboard/picture.ts"))' > docs/images/dashboard.svg
 */
import { z } from "zod";
import { type Cell, type Row, type Sheet, sheetAnswer } from "../src/runtime/dashboard/promises/answer.js";
import { ago, duration } from "./src/format.js";
import { byFault, faultName, predicted, summary, words } from "./src/pages/promises/verdicts.js";

const width = 1000;
const left = 190;
const columns = {
  subject: left + 18,
  objective: 342,
  promised: 436,
  predicted: 532,
  measured: 626,
  when: 650,
  bar: 752,
  verdict: 912,
};
const barWidth = 140;
const line = 23;

function picture(sheet: Sheet, now: number): string {
  const parts: string[] = [];
  let y = 150;
  const top = y;
  parts.push(headings(y));
  y += 30;
  for (const { fault, title, rows } of byFault(sheet.rows)) {
    parts.push(
      `<rect class="sunken" x="${left}" y="${y}" width="${width - left - 24}" height="27"/>`,
      text(columns.subject, y + 18, `${faultName(fault)}`, "strong"),
      text(columns.subject + faultName(fault).length * 7.4 + 12, y + 18, title, "soft"),
    );
    y += 27;
    for (const row of rows) {
      parts.push(subject(row, y, now));
      y += 2 * line + 8;
    }
  }
  const height = y + 28;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t">
<title id="t">The dashboard's first page: the promise sheet of ${escaped(sheet.platform)} (${escaped(sheet.environment)})</title>
<style>${style}</style>
<rect class="ground" width="${width}" height="${height}" rx="8"/>
<path class="surface" d="M0 8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v38H0z"/><path class="rule" d="M0 46.5h${width}"/>
${mark}${text(44, 29, sheet.platform, "brand")}${text(44 + sheet.platform.length * 8 + 12, 29, sheet.environment, "soft")}
${["Promises", "Topology", "Models", "Usage", "Keys", "Drills"].map((name, index) => place(name, index)).join("\n")}
${text(left, 84, "Promises", "title")}
${wrapped(summary(sheet), 104)
  .map((words, index) => text(left, 106 + index * 18, words, "soft"))
  .join("\n")}
<rect class="surface outline" x="${left}" y="${top}" width="${width - left - 24}" height="${y - top}" rx="6"/>
${parts.join("\n")}
<rect class="frame" x="${left}" y="${top}" width="${width - left - 24}" height="${y - top}" rx="6"/>
</svg>
`;
}

function headings(y: number): string {
  const at = y + 20;
  return [
    text(columns.subject, at, "Fault and subject", "soft small"),
    text(columns.promised, at, "Promised", "soft small end"),
    text(columns.predicted, at, "Predicted", "soft small end"),
    text(columns.measured, at, "Measured", "soft small end"),
    text(columns.when, at, "When", "soft small"),
    text(columns.verdict, at, "Verdict", "soft small"),
  ].join("\n");
}

function subject(row: Row, y: number, now: number): string {
  return [
    `<path class="rule" d="M${left} ${y + 0.5}h${width - left - 24}"/>`,
    text(columns.subject, y + 20, row.subject, "name"),
    objective("RTO", row.rto, y + 4, now),
    objective("RPO", row.rpo, y + 4 + line, now),
  ].join("\n");
}

function objective(name: string, cell: Cell, y: number, now: number): string {
  const { promised, measured, measuredAt } = cell;
  const at = y + 16;
  const total = cell.predicted.kind === "bounded" ? cell.predicted.total : undefined;
  const most = Math.max(promised ?? 0, total ?? 0, measured ?? 0);
  const place = (value: number) => columns.bar + (most === 0 ? 0 : (value / most) * barWidth * 0.88);
  return [
    text(columns.objective, at, name, "soft small"),
    text(columns.promised, at, promised === undefined ? "–" : duration(promised), "end"),
    text(columns.predicted, at, predicted(cell), "end"),
    text(columns.measured, at, measured === undefined ? "–" : duration(measured), "end"),
    text(columns.when, at, measuredAt === undefined ? "–" : ago(measuredAt, now), "soft"),
    `<rect class="track" x="${columns.bar}" y="${y + 9}" width="${barWidth}" height="6" rx="2"/>`,
    `<rect class="${cell.verdict}" x="${columns.bar}" y="${y + 9}" width="${Math.max(2, (total === undefined ? columns.bar + barWidth : place(total)) - columns.bar).toFixed(1)}" height="6" rx="2"/>`,
    promised === undefined
      ? ""
      : `<rect class="ink" x="${(place(promised) - 1).toFixed(1)}" y="${y + 4}" width="2" height="16"/>`,
    measured === undefined ? "" : `<circle class="dot" cx="${place(measured).toFixed(1)}" cy="${y + 12}" r="3.6"/>`,
    `<rect class="${cell.verdict}-soft" x="${columns.verdict}" y="${y + 2}" width="${words[cell.verdict].length * 6.6 + 16}" height="19" rx="9.5"/>`,
    text(columns.verdict + 8, at, words[cell.verdict], `small ${cell.verdict}-text`),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function place(name: string, index: number): string {
  const y = 62 + index * 34;
  return `${index === 0 ? `<rect class="here" x="10" y="${y}" width="160" height="30" rx="6"/>` : ""}${text(26, y + 20, name, index === 0 ? "accent" : "soft nav")}`;
}

function text(x: number, y: number, content: string, kind: string): string {
  return `<text x="${Math.round(x)}" y="${Math.round(y)}" class="${kind}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function wrapped(content: string, most: number): readonly string[] {
  const lines: string[] = [];
  for (const word of content.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const mark = `<g class="mark" transform="translate(16 12) scale(.7)"><path d="M3 7c1.2 9.8 6 16 13 18 7-2 11.8-8.2 13-18"/><path d="M16 5v20M9.5 9v10.3M22.5 9v10.3"/></g>`;

const style = `
text{font:13px Inter,"Segoe UI",system-ui,-apple-system,Roboto,"Noto Sans",sans-serif;fill:#18222c;font-variant-numeric:tabular-nums}
.title{font-size:21px;font-weight:600}.brand{font-size:15px;font-weight:600}.strong,.name{font-weight:600}.small{font-size:12px}.end{text-anchor:end}
.soft{fill:#55636f}.nav{font-weight:500}.accent{fill:#1d648b;font-weight:500}
.ground{fill:#f5f7f8}.surface{fill:#fff}.sunken{fill:#eef1f4}.track{fill:#e9edf1}.here{fill:#e6f0f6}.ink{fill:#18222c}
.rule,.frame{fill:none;stroke:#dfe5ea}.mark{fill:none;stroke:#1d648b;stroke-width:3;stroke-linecap:round}
.kept{fill:#5d9b79}.broken{fill:#c86a62}.unknown,.not-promised{fill:#8b98a5}.dot{fill:#fff;stroke:#18222c;stroke-width:2}
.kept-soft{fill:#e3f3e9}.broken-soft{fill:#fcebe9}.unknown-soft{fill:#fdf2dc}.not-promised-soft{fill:#eef1f4}
.kept-text{fill:#17703f}.broken-text{fill:#b3261e}.unknown-text{fill:#835400}.not-promised-text{fill:#55636f}
@media (prefers-color-scheme:dark){text{fill:#dfe6ed}.soft{fill:#9aa8b5}.accent{fill:#6fb6dc}.ground{fill:#0d1318}.surface{fill:#141b22}.sunken{fill:#10171d}
.track{fill:#232d37}.here{fill:#16303f}.ink{fill:#dfe6ed}.rule,.frame{stroke:#25303a}.mark{stroke:#6fb6dc}.dot{fill:#141b22;stroke:#dfe6ed}
.kept-soft{fill:#12291d}.broken-soft{fill:#351917}.unknown-soft{fill:#312510}.not-promised-soft{fill:#1c252e}
.kept-text{fill:#62c48d}.broken-text{fill:#ff8f85}.unknown-text{fill:#e6b45c}.not-promised-text{fill:#9aa8b5}}
`;

const settings = z.object({ KEELSON_URL: z.url(), KEELSON_API_KEY: z.string() }).parse(process.env);
const response = await fetch(`${settings.KEELSON_URL}/admin/promises`, {
  headers: { authorization: `Bearer ${settings.KEELSON_API_KEY}` },
});
process.stdout.write(picture(sheetAnswer.parse(await response.json()), Date.now()));
