import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { duration } from "../../dashboard/src/format.js";
import type { Cell } from "../../src/contracts/promises.js";
import { sheetOf } from "../../src/runtime/dashboard/promises/compose.js";
import { planOf } from "../support/check/findings.js";

/** The picture that the README opens with, as `dashboard/picture.ts` drew it from the page. */
const svg = read("docs/images/dashboard.svg");
const words = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
);
const plan = planOf(read("blueprints/starter/platform.yaml"), "local");
const sheet = sheetOf(plan)([]);

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** Of a subject's line in the table: promised, predicted, measured, when, verdict. */
function drawnLine(at: number) {
  const [promised, predicted, measured, when, verdict] = words.slice(at + 1, at + 6);
  return { figures: [promised, predicted, verdict], measured, when };
}

function figuresOf({ promised, predicted, verdict }: Cell): readonly string[] {
  const bound = predicted.kind === "bounded" ? duration(predicted.total) : predicted.kind;
  return [promised === undefined ? "–" : duration(promised), bound, verdict.replace("-", " ")];
}

/** Every subject with both of its lines, fault by fault. */
const drawn = words.flatMap((subject, at) =>
  words[at + 1] === "RTO" ? [{ subject, rto: drawnLine(at + 1), rpo: drawnLine(at + 7), second: words[at + 7] }] : [],
);

describe("the picture of the dashboard in the README", () => {
  it("shows the computed promise sheet of the starter: subjects, promises, predictions, verdicts", () => {
    expect(drawn.every(({ second }) => second === "RPO")).toBe(true);
    const text = (subject: string, rto: readonly unknown[], rpo: readonly unknown[]) =>
      `${subject}: RTO ${rto.join(", ")}; RPO ${rpo.join(", ")}`;
    expect(drawn.map(({ subject, rto, rpo }) => text(subject, rto.figures, rpo.figures)).sort()).toEqual(
      sheet.rows.map(({ subject, rto, rpo }) => text(subject, figuresOf(rto), figuresOf(rpo))).sort(),
    );
    const groups = new Set(sheet.rows.map(({ fault }) => fault.replaceAll("-", " ")));
    for (const fault of groups) expect(words.map((word) => word.toLowerCase())).toContain(fault);
  });

  it("was made after drills: every row that a drill can measure is measured", () => {
    const isMeasured = ({ rto, rpo }: (typeof drawn)[number]): boolean =>
      [rto, rpo].every(
        ({ measured = "", when = "" }) => /^\d[\d.]*(ms|s|m)/.test(measured) && /^just now$|ago$/.test(when),
      );
    const subjects = (rows: readonly { readonly subject: string }[]) => rows.map(({ subject }) => subject).sort();
    expect(subjects(drawn.filter(isMeasured))).toEqual(subjects(sheet.rows.filter(({ drill }) => drill !== undefined)));
  });

  it("shows the frame of the page: name, navigation, legend", () => {
    for (const word of [
      plan.platform,
      "local",
      "Promises",
      "Models",
      "Keys",
      "Users",
      "Audit log",
      "Drills",
      "Backups",
    ])
      expect(words).toContain(word);
    for (const word of ["predicted", "promised", "measured", "Verdict"]) expect(words).toContain(word);
  });

  it("uses only the icons of the page", () => {
    const sources = ["icons.tsx", "state-mark.tsx", "mark.svg", "mark.tsx"].map((file) =>
      read(`dashboard/src/shell/${file}`),
    );
    const paths = new Set([...svg.matchAll(/<path d="([^"]+)"/g)].map(([, path = ""]) => path));
    // One for each place, the mark, the chevron, the verdict, the switch of the colours.
    expect(paths.size).toBeGreaterThan(9);
    for (const path of paths)
      expect(
        sources.some((source) => source.includes(`"${path}"`)),
        path,
      ).toBe(true);
  });

  it("uses the colours of the page in light and dark", () => {
    const tokens = read("dashboard/src/tokens.css");
    const theme = read("dashboard/src/theme.ts");
    const [style = ""] = /<style>[\s\S]*<\/style>/.exec(svg) ?? [];
    const [day = "", night = ""] = style.split("@media (prefers-color-scheme:dark)");
    const [light = "", dark = ""] = tokens.split('[data-mantine-color-scheme="dark"]');
    for (const [painted, known] of [
      [day, light],
      [night, dark],
    ] as const) {
      const colours = [...painted.matchAll(/#[0-9a-f]{3,8}/g)].map(([colour]) => colour);
      expect(new Set(colours).size).toBeGreaterThan(8);
      for (const colour of colours) expect(`${known}${theme}`).toContain(colour);
    }
  });
});
