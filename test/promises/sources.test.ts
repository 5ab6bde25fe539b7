import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { citedText } from "../../src/promises/source-text.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";

const FOLDERS = ["src/promises", "src/plan/stores"];

describe("the source of a fact", () => {
  it("has the day on which it was read as data, and not in its text", () => {
    const found = FOLDERS.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .flatMap((name) => {
          const text = readFileSync(`${folder}/${name}`, "utf8");
          return [...text.matchAll(/\bsource:\s*["`]([^"`]*\bread 20\d\d-\d\d-\d\d[^"`]{0,2})["`],/g)].map(
            ([, source]) => `${name}: ${source}`,
          );
        }),
    );
    expect(found).toEqual([]);
  });

  it("is in the sheet with that day, and printed with it", () => {
    const sheet = sheetOf(`platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 1 } }
objectives: { rto: { node-loss: 1h } }
`);
    const { predicted } = rowOf(sheet, "node-loss", "web").rto;
    const origin =
      predicted.kind === "bounded" ? predicted.terms.find(({ name }) => name === "pod scheduled")?.origin : undefined;
    expect(origin).toMatchObject({ kind: "citation", read: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) });
    expect(citedText({ source: "kubernetes.io", read: "2026-11-30" })).toBe("kubernetes.io, read 2026-11-30");
    expect(citedText({ source: "kubernetes.io" })).toBe("kubernetes.io");
  });
});
