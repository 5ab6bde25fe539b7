import { Button } from "@mantine/core";
import { useAudit, useVerifyAudit } from "../../api/audit.js";
import { useSession } from "../../api/session.js";
import { Filters } from "../../shell/filters.js";
import { List } from "../../shell/list.js";
import { FailureNote } from "../../shell/note.js";
import { OrganisationSelect } from "../../shell/organisation-select.js";
import { Page, Section } from "../../shell/page.js";
import { SearchField } from "../../shell/search-field.js";
import { Empty } from "../../shell/states.js";
import { FIRST_PAGE, pageNumber, useListPlace, useUrlState } from "../../shell/url-state.js";
import { AuditTable } from "./audit-table.js";
import { AuditVerdict } from "./audit-verdict.js";

const PAGE_SIZE = 50;

/** The audit log: who did what and when, and whether the log is complete. */
export function AuditPage() {
  const [parameters, setParameters] = useUrlState();
  const operator = useSession().data?.operator === true;
  const organisation = parameters.get("organisation") ?? undefined;
  const verify = useVerifyAudit();
  return (
    <Page
      title="Audit log"
      lead="Every change of users, keys and sessions, and every act on the platform. Each entry contains the hash of the one before, so a changed or removed entry is detected."
      actions={
        <Button loading={verify.isPending} onClick={() => verify.mutate(organisation)}>
          Verify hash chain
        </Button>
      }
    >
      {verify.isError && <FailureNote error={verify.error} />}
      {verify.data && <AuditVerdict verdict={verify.data} />}
      <Section title="Entries" flush>
        <Filters>
          <SearchField label="Search the audit log" placeholder="Actor, act or subject" />
          {operator && (
            <OrganisationSelect
              aria-label="Organisation"
              none="All organisations"
              value={organisation}
              onChange={(next) => {
                verify.reset();
                setParameters({ organisation: next, ...FIRST_PAGE });
              }}
            />
          )}
        </Filters>
        <Entries search={parameters.get("search") ?? undefined} organisation={organisation} />
      </Section>
    </Page>
  );
}

interface EntriesProps {
  readonly search: string | undefined;
  readonly organisation: string | undefined;
}

function Entries({ search, organisation }: EntriesProps) {
  const place = useListPlace();
  const before = place.after === undefined ? undefined : pageNumber(place.after);
  const page = useAudit({ search, organisation, before, limit: PAGE_SIZE });
  return (
    <List
      of="entry"
      plural="entries"
      place={place}
      query={page}
      data={page.data && { rows: page.data.entries, next: page.data.next === null ? null : String(page.data.next) }}
      empty={<Empty title="No entry matches">Change the search or the organisation.</Empty>}
    >
      {(rows) => <AuditTable entries={rows} names={page.data?.names ?? {}} />}
    </List>
  );
}
