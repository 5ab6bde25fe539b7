import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { Finding } from "../../src/check/finding.js";
import { rules } from "../../src/check/rules/index.js";
import { withEdits } from "../../src/check/verify-fixes.js";
import { plansIn } from "../../src/cli/design/edited-plans.js";
import { fixture } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { runs } from "../support/property-runs.js";

const TODAY = "2026-11-30";

/** Rules some of whose findings have no fix in the file's own terms, and why. */
const BY_HAND: Readonly<Record<string, string>> = {
  "availability/not-run-here": "the platform has to run elsewhere",
  "availability/redundancy-lost": "how many nodes there are",
  "availability/same-region": "which other region is the owner's choice",
  "upgrade/store": "no maintained version is known",
  "capacity/gpu-memory": "which GPU or model fits its purpose is the owner's choice",
  "capacity/memory-overcommit": "without a limit, the peak usage has to be measured",
  "capacity/scale-without-requests": "without a limit, the usage has to be measured",
  "capacity/database-connections": "no maximum is low enough",
  "capacity/unschedulable": "what the component needs, and which machines there are",
  "network/call-unexposed": "which port is meant",
  "network/need-uncalled": "nothing that satisfies the need is declared",
  "security/secret-in-environment": "the value has to be moved to a secret, and replaced",
  "security/certificate-unrenewed": "an authority has to be chosen",
  "delivery/image-unpinned": "which version is meant",
  "delivery/extension-missing": "which image contains it",
  "delivery/no-model-source": "which source is trusted",
  "delivery/simulated-answers": "which model answers instead",
  "delivery/by-hand": "a person carries it out",
  "delivery/patch-note": "the patch may be right",
  "observability/latency-unpredicted": "it has to be measured",
  "recovery/no-backup": "no bucket is declared that backups can be sent to",
  "recovery/backup-beside-data": "without a cloud, there is no other storage in the file",
};

/** The findings that a fix does not remove, as text; those without a fix by their code. */
function unfixed(text: string, findings: readonly Finding[], name: string): readonly string[] {
  return findings.flatMap((finding) => {
    const { code, fix, origin } = finding;
    const place = `${name} line ${origin.line} ${code}`;
    if (!fix) return BY_HAND[code] === undefined ? [`${place}: no fix (${finding.hint})`] : [];
    const edited = withEdits(text, fix);
    // The reader edits by hand what an alias repeats; `verifyFixes` says so.
    if (edited === undefined) return [];
    const plans = plansIn("platform.yaml", edited);
    if (!plans) return [`${place}: the fix is invalid: ${JSON.stringify(fix)}`];
    const left = check(plans, undefined, TODAY).find((other) => isSame(finding, other));
    return left ? [`${place}: ${JSON.stringify(fix)} leaves ${left.message}`] : [];
  });
}

/** Whether a later finding is about the same: a promise that both concern, or the same sentence. */
function isSame(finding: Finding, later: Finding): boolean {
  const { concerns = [] } = finding;
  if (finding.code !== later.code) return false;
  if (!later.environments.some((name) => finding.environments.includes(name))) return false;
  if (concerns.length === 0) return later.message === finding.message;
  const keys = new Set(concerns.map((each) => JSON.stringify(each)));
  return (later.concerns ?? []).some((each) => keys.has(JSON.stringify(each)));
}

function findingsOf(text: string): readonly Finding[] {
  const plans = plansIn("platform.yaml", text);
  if (!plans) throw new Error(`invalid:\n${text}`);
  return check(plans, undefined, TODAY);
}

describe("a fix", () => {
  it.each(rules.map(({ code }) => code))("removes its finding from the failing example of %s", (code) => {
    const text = fixture(code, "fail");
    const findings = findingsOf(text).filter((finding) => finding.code === code);
    expect(unfixed(text, findings, code)).toEqual([]);
  });

  it.each(readdirSync(new URL("../../blueprints", import.meta.url)))(
    "removes its finding from the blueprint %s",
    (name) => {
      const text = readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8");
      expect(unfixed(text, findingsOf(text), name)).toEqual([]);
    },
  );

  it("removes its finding from every platform", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const text = yamlOf(platform);
        expect(unfixed(text, findingsOf(text), "platform")).toEqual([]);
      }),
      { numRuns: runs(10) },
    );
  });

  it("is missing only where a reason is given", () => {
    const codes = new Set(rules.map(({ code }) => code));
    expect(Object.keys(BY_HAND).filter((code) => !codes.has(code))).toEqual([]);
  });
});
