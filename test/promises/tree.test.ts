import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promiseSheet } from "../../src/promises/sheet.js";
import { latencyTree } from "../../src/promises/tree/latency-tree.js";
import type { TreeNode } from "../../src/promises/tree/node.js";
import { treeText } from "../../src/promises/tree/text.js";
import { promiseTree } from "../../src/promises/tree/tree.js";
import { planOf, plansOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { rowOf, totalOf } from "../support/promises/rows.js";
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

describe("the tree of a latency objective", () => {
  const served = `platform: shop
provide: in-cluster
services:
  api: { modules: [gateway], calls: [fast, slow], replicas: 1, expose: true }
models:
  fast: { source: file:///f.gguf, engine: llama.cpp, load: { rate: 1/s, prompt: 100, answer: 10 }, speed: { prefill: 900/s, decode: 50/s } }
  slow: { source: file:///s.gguf, engine: llama.cpp, load: { rate: 1/m, prompt: 100, answer: 90 }, speed: { prefill: 900/s, decode: 10/s } }
objectives: { latency: { p95: 8s } }
`;
  const plan = planOf(served);
  const [latency] = promiseSheet(plan, []).latency;
  if (!latency) throw new Error("no latency");
  const tree = latencyTree(latency, plan, (line) => served.split("\n")[line - 1]);

  it("shows each model with the lines of its figures, and the terms of the slowest with theirs", () => {
    const shown = treeText(tree);
    expect(shown).toMatch(/^latency \/ api: broken\n/);
    expect(shown).toMatch(/promised 8s\n.*platform\.yaml:8:15\n.*objectives: \{ latency: \{ p95: 8s \} \}/);
    expect(shown).toMatch(/serves fast: [0-9.ms]+ predicted, kept/);
    expect(shown).toMatch(/9\.1s decode of the answer \(91 steps of 100ms.*\n(.*\n)?.*platform\.yaml:7:/);
    const slow = nodesOf(tree).find(({ text }) => text.startsWith("serves slow"));
    expect(slow).toMatchObject({ kind: "component", verdict: "broken", value: totalOf(latency.predicted) });
    expect(slow?.children.map(({ origin }) => origin)).toMatchObject([{ line: 7 }, { line: 7 }, { line: 7 }, {}]);
  });

  it("ends at a source, as every other", () => {
    for (const { kind, children } of nodesOf(tree)) if (kind === "term") expect(children[0]?.kind).toBe("source");
  });
});
