import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promiseSheet } from "../../src/promises/sheet.js";
import { treeText } from "../../src/promises/tree/text.js";
import { promiseTree, type TreeNode } from "../../src/promises/tree/tree.js";
import { planOf, plansOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { rowOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const shop = `platform: shop
cloud: aws
zones: 3
services:
  web: { modules: [gateway], replicas: 2, calls: [accounts], expose: true }
  accounts: { modules: [accounts], replicas: 2, calls: [orders] }
stores:
  archive: { bucket: {} }
  orders: { postgres: 17, size: 100G, backups: { full: daily keep 30d, log: 5m keep 7d, to: archive } }
objectives: { availability: 99.9%, rto: 2h, rpo: 10m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

/** The tree of one row of a platform file. */
function treeOf(text: string, fault: string, subject: string): TreeNode {
  const plan = planOf(text);
  const sheet = promiseSheet(plan, []);
  return promiseTree(rowOf(sheet, fault, subject), sheet, plan, (line) => text.split("\n")[line - 1]);
}

function nodesOf(node: TreeNode): readonly TreeNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

describe("the tree of a promise", () => {
  it("shows for each term its line of the file, its fact or its assumption", () => {
    const shown = treeText(treeOf(shop, "database-loss", "orders"));
    expect(shown).toContain("database-loss / orders: kept");
    expect(shown).toContain("├─ fault: The database's storage is lost on every server");
    expect(shown).toMatch(/5m log shipping interval\n.*platform\.yaml:9:\d+\n.*log: 5m keep 7d/);
    expect(shown).toMatch(
      /promised 10m\n.*platform\.yaml:10:50\n.*objectives: \{ availability: 99\.9%, rto: 2h, rpo: 10m \}/,
    );
    expect(shown).toMatch(/5m on-call response\n.*Site Reliability Engineering/);
  });

  it("names the components that a term rests on: the bucket of a backup, the slowest unit to start", () => {
    const inCluster = shop.replace("zones: 3", "zones: 3\nprovide: in-cluster");
    const restored = nodesOf(treeOf(inCluster, "database-loss", "orders")).find(({ text }) =>
      text.includes("restore of the backup"),
    );
    expect(restored?.children.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^rests on archive: /));
    const rebuilt = nodesOf(treeOf(shop, "cluster-loss", "shop")).find(({ text }) => text.includes("the slowest"));
    expect(rebuilt?.children.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^rests on (web|accounts): /),
    );
  });

  it("shows the components that the subject calls, through others, with their recovery from the same fault", () => {
    const shown = treeText(treeOf(shop, "node-loss", "web"));
    expect(shown).toMatch(
      /calls accounts: RTO \S+ after the same fault: kept\n(.*\n){2}.*calls orders: RTO \S+ after the same fault: kept/,
    );
    expect(treeText(treeOf(shop, "node-loss", "orders"))).toContain("called by accounts");
  });

  it("expands a component once, also if services call each other", () => {
    const cycle = `platform: ring
services:
  a: { modules: [gateway], calls: [b] }
  b: { modules: [accounts], calls: [a] }
`;
    const names = nodesOf(treeOf(cycle, "process-crash", "a"))
      .filter(({ children }) => children.length > 0)
      .map(({ text }) => text);
    expect(names.filter((text) => text.startsWith("calls b"))).toHaveLength(1);
    expect(names.filter((text) => text.startsWith("calls a"))).toHaveLength(0);
  });

  it("of any platform fits into 80 columns, quotes the line of each position, and adds up to the prediction", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const text = yamlOf(platform);
        for (const plan of plansOf(text)) {
          const sheet = promiseSheet(plan, []);
          for (const row of sheet.rows) {
            const tree = promiseTree(row, sheet, plan, (line) => text.split("\n")[line - 1]);
            for (const line of treeText(tree).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
            const sources = nodesOf(tree).filter(({ kind }) => kind === "source");
            for (const { origin, line } of sources)
              if (origin !== undefined && "line" in origin && origin.line > 0)
                expect(line).toBe(text.split("\n")[origin.line - 1]);
            for (const promise of tree.children.filter(
              ({ kind, value }) => kind === "promise" && value !== undefined,
            )) {
              const terms = promise.children.filter(({ kind }) => kind === "term");
              expect(terms.every(({ children }) => children[0]?.kind === "source")).toBe(true);
              expect(terms.reduce((sum, { value = 0 }) => sum + value, 0)).toBeCloseTo(promise.value ?? 0, 5);
            }
          }
        }
      }),
      { numRuns: runs(60) },
    );
  });
});
