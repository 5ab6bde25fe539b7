import { Anchor } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { useDesign } from "../../api/design.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { FileLines } from "./file-lines.js";
import { FindingList } from "./finding-list.js";
import { FindingNote } from "./finding-note.js";
import { PlanValues } from "./plan-values.js";
import { countFindings, worstFirst } from "./severities.js";

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
          ? `${design.data.file}, as ${design.data.environment} was started with it: ${countFindings(design.data.findings)} in the file. What drills measured is on the page Promises.`
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
              {worstFirst(design.data.findings).map((finding) => (
                <FindingNote key={`${finding.code} ${finding.message}`} finding={finding} />
              ))}
            </Section>
          ) : (
            <>
              {design.data.findings.length > 0 && (
                <Section title="Findings" flush>
                  <FindingList findings={design.data.findings} />
                </Section>
              )}
              <Section title="Platform file" flush>
                <FileLines text={design.data.text} findings={design.data.findings} selected={selected} />
              </Section>
            </>
          )}
          <Section title="Plan" flush>
            <PlanValues values={design.data.values} />
          </Section>
        </>
      )}
    </Page>
  );
}
