import { Anchor } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { useDesign } from "../../api/design.js";
import { plural } from "../../format.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { FileLines } from "./file-lines.js";
import { FindingNote } from "./finding-note.js";
import { PlanValues } from "./plan-values.js";

/** The platform file with its lines, what `keelson check` finds beside them, and every value of the plan with its origin. */
export function DesignPage() {
  const design = useDesign();
  const [parameters] = useSearchParams();
  const selected = Number(parameters.get("line") ?? 0);
  return (
    <Page
      title="Design"
      lead={
        design.data
          ? `${design.data.file}, as ${design.data.environment} was started with it: ${summary(design.data.findings.length)}`
          : "The platform file, its findings and its plan."
      }
      actions={
        <Anchor component={Link} to="/design/changes">
          Compare versions
        </Anchor>
      }
    >
      {design.isPending && <Loading rows={12} what="the platform file" />}
      {design.isError && !design.data && (
        <Failure what="The platform file could not be read" error={design.error} onRetry={() => design.refetch()} />
      )}
      {design.data && (
        <>
          {design.data.text === undefined ? (
            <Section title="Findings">
              {design.data.findings.length === 0 && <Empty title="Nothing found" />}
              {design.data.findings.map((finding) => (
                <FindingNote key={`${finding.code} ${finding.message}`} finding={finding} />
              ))}
            </Section>
          ) : (
            <Section title="Platform file" flush>
              <FileLines key={selected} text={design.data.text} findings={design.data.findings} selected={selected} />
            </Section>
          )}
          <Section title="Plan" flush>
            <PlanValues values={design.data.values} />
          </Section>
        </>
      )}
    </Page>
  );
}

function summary(findings: number): string {
  return `${findings === 0 ? "nothing found" : plural(findings, "finding")} in the file. What drills measured is on the page Promises.`;
}
