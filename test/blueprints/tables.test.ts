import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mistakesOf } from "../support/blueprints/mistakes.js";
import { readPage } from "../support/blueprints/page.js";
import { plansOf } from "../support/check/findings.js";
import { blueprint } from "../support/plan/planned.js";

const root = new URL("../../", import.meta.url);
/** The starter is Keelson's own: it follows no document. */
const followed = readdirSync(new URL("blueprints/", root)).filter((name) => name !== "starter");
const pages = readdirSync(new URL("docs/blueprints/", root))
  .filter((name) => name.endsWith(".md"))
  .map((name) => name.slice(0, -".md".length));

it("each blueprint of a document has a page, and each page a blueprint", () => {
  expect(pages.sort()).toEqual(followed.sort());
});

describe.each(pages.filter((name) => existsSync(new URL(`blueprints/${name}/platform.yaml`, root))))(
  "docs/blueprints/%s.md",
  (name) => {
    it("names only paths of the platform file, rendered files and rows of the sheet that exist", () => {
      const text = blueprint(name);
      const page = readFileSync(new URL(`docs/blueprints/${name}.md`, root), "utf8");
      expect(mistakesOf(page, text, plansOf(text))).toEqual([]);
    });
  },
);

describe("the tables of a page", () => {
  const file = `
platform: shop
x-small: &small { replicas: 2 }
services:
  web: { <<: *small, image: registry.example.com/web:1.4.0, port: 8080, calls: [database, "https://api.example.com"] }
stores:
  database: { postgres: 17, backups: { full: daily keep 7d } }
outside: { api.example.com: { availability: 99.9% } }
objectives: { rto: 4h, rpo: 12h }
environments:
  local: { provide: embedded }
  production: { cloud: linode, stores: { database: { standby: same-zone } } }
`;
  const page = (...rows: readonly string[]): string =>
    ["| document | platform file | shown by | gap |", "| --- | --- | --- | --- |", ...rows].join("\n");
  const mistakes = (text: string) => mistakesOf(text, file, plansOf(file));

  it.each([
    ["a path", "`services.web.image`", "`kubernetes: web/deployment.yaml`"],
    ["a path through a merge key", "`services.web.replicas`", "`compose: compose.yaml`"],
    ["a path of an environment", "`environments.production.stores.database.standby`", "`promises: node-loss/database`"],
    ["an element of a list", "`services.web.calls.1`", "`kubernetes: web/network-policy.yaml`"],
    ["a key with dots", "`outside.api.example.com.availability`", "`promises: provider-outage/web`"],
    ["several paths, and a finding", "`stores.database.backups`, `objectives.rpo`", "`check: recovery/rpo-interval`"],
    ["a note of a target", "`stores.database`", "`note: stores.database`"],
  ])("may name %s", (_what, path, shown) => {
    expect(mistakes(page(`| a \\| b | ${path} | ${shown} | none |`))).toEqual([]);
  });

  it.each([
    ["a path that the file lacks", "| a | `services.shop` | `compose: compose.yaml` | none |", "has no services.shop"],
    [
      "a path of another environment",
      "| a | `environments.local.zones` | `compose: compose.yaml` | none |",
      "has no environments.local.zones",
    ],
    [
      "a file that no environment renders",
      "| a | `services.web` | `kubernetes: web/job.yaml` | none |",
      "no environment has `kubernetes: web/job.yaml`",
    ],
    [
      "a row that no sheet has",
      "| a | `services.web` | `promises: node-loss/shop` | none |",
      "no environment has `promises: node-loss/shop`",
    ],
    ["another reference", "| a | `services.web` | `terraform: main.tf` | none |", "`terraform: main.tf` is none of "],
    ["an empty gap", "| a | `services.web` | `compose: compose.yaml` | |", "the gap is empty"],
    ["nothing, without a gap", "| a | – | – | none |", "a row without a gap names what shows it"],
    ["three cells", "| a | `services.web` | none |", "a row has four cells, this one 3"],
  ])("may not name %s", (_what, row, mistake) => {
    expect(mistakes(page("| a | `services.web` | `compose: compose.yaml` | none |", row))).toEqual([
      expect.stringMatching(/^line 4: /),
    ]);
    expect(mistakes(page(row)).join()).toContain(mistake);
  });

  it("may have no other columns, and a page has a table", () => {
    expect(readPage("| document | file |\n| --- | --- |").mistakes).toHaveLength(1);
    expect(mistakes("# A page")).toEqual(["the page has no table"]);
  });

  it("may be introduced by a table of the environments, which is no table of the document", () => {
    const introduction = "| environment | what it is |\n| --- | --- |\n| `local` | one machine |\n\n";
    const row = "| a | `services.web` | `compose: compose.yaml` | none |";
    expect(mistakes(introduction + page(row))).toEqual([]);
    expect(mistakes(introduction)).toEqual(["the page has no table"]);
  });
});
