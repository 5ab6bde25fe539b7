import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { designDocument } from "../../src/cli/design/design-document.js";
import { loadPlatform, planOf } from "../../src/cli/platform/load.js";

describe("the design document", () => {
  it("has one finding for each cause, with its other places and one difference for all", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "keelson-design-")), "platform.yaml");
    writeFileSync(
      file,
      `platform: shop
cloud: aws
zones: 3
services:
  orders: { image: registry.example.com/orders:1.0.0, port: 8080, replicas: 2, disruption: { minAvailable: 2 } }
  bills: { image: registry.example.com/bills:1.0.0, port: 8080, replicas: 2, disruption: { minAvailable: 2 } }
`,
    );
    const loaded = await loadPlatform(file);
    const { findings } = designDocument(loaded, planOf(loaded, "default"), "2026-11-30");
    expect(findings).toMatchObject([
      { code: "availability/pdb-blocks-drain", at: { line: 5 }, alsoAt: [{ line: 6 }], safe: true },
    ]);
    expect(findings[0]?.diff?.match(/^\+.*minAvailable: 1/gm)).toHaveLength(2);
  });
});
