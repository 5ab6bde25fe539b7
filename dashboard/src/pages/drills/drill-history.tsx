import { Select } from "@mantine/core";
import { Link } from "react-router";
import { type DrillSummary, useDrillFaults, useDrills } from "../../api/drills.js";
import { outcome } from "../../format.js";
import { Filters } from "../../shell/filters.js";
import { Note } from "../../shell/note.js";
import { Pager } from "../../shell/pager.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { FIRST_PAGE, useListPlace, useUrlState } from "../../shell/url-state.js";
import { When } from "../../shell/when.js";
import { faultName } from "../promises/verdicts.js";
import { DrillVerdict } from "./drill-verdict.js";
import styles from "./drills-page.module.css";

const PAGE_SIZE = 25;
const states = ["running", "finished", "cancelled", "failed"] as const satisfies readonly DrillSummary["state"][];

/** Earlier drills, newest first, by fault and state. */
export function DrillHistory() {
  const [parameters, setParameters] = useUrlState();
  const place = useListPlace();
  const fault = parameters.get("fault") ?? undefined;
  const status = states.find((state) => state === parameters.get("status"));
  const faults = useDrillFaults().data ?? [];
  const drills = useDrills({ search: fault, status, after: place.after, limit: PAGE_SIZE });
  const filtered = fault !== undefined || status !== undefined;

  if (drills.isPending)
    return (
      <div className={styles.inner}>
        <Loading rows={4} what="the drills" />
      </div>
    );
  if (!drills.data)
    return (
      <div className={styles.inner}>
        <Failure what="The drills could not be read" error={drills.error} onRetry={() => drills.refetch()} />
      </div>
    );
  const { drills: rows, total, next, unreadable } = drills.data;
  return (
    <>
      {unreadable.map(({ id, why }) => (
        <div key={id} className={styles.inner}>
          <Note tone="unknown" title={`The result of drill ${id} cannot be read`}>
            {why}. Its measurements are missing from the promise sheet.
          </Note>
        </div>
      ))}
      {(total > 1 || filtered) && (
        <Filters>
          <Select
            aria-label="Fault"
            placeholder="All faults"
            clearable
            clearButtonProps={{ "aria-label": "All faults" }}
            data={faults.map((each) => ({ value: each.fault, label: faultName(each.fault) }))}
            value={fault ?? null}
            onChange={(value) => setParameters({ fault: value ?? undefined, ...FIRST_PAGE })}
          />
          <Select
            aria-label="State"
            placeholder="All states"
            clearable
            clearButtonProps={{ "aria-label": "All states" }}
            data={[...states]}
            value={status ?? null}
            onChange={(value) => setParameters({ status: value ?? undefined, ...FIRST_PAGE })}
          />
        </Filters>
      )}
      {rows.length > 0 ? (
        <DrillTable drills={rows} />
      ) : (
        <div className={styles.inner}>
          {filtered ? (
            <Empty title="No drill matches">Select another fault or state.</Empty>
          ) : (
            <Empty title="No drills yet">
              Until you run one, the promise sheet shows predictions only. Process crash loses no data.
            </Empty>
          )}
        </div>
      )}
      {total > 0 && (
        <Pager
          of="drill"
          first={place.first}
          shown={rows.length}
          total={total}
          onPrevious={place.after === undefined ? undefined : place.previous}
          onNext={next === null ? undefined : () => place.next(next, rows.length)}
        />
      )}
    </>
  );
}

function DrillTable({ drills }: { readonly drills: readonly DrillSummary[] }) {
  return (
    <Table
      columns={[
        "Fault",
        "Worst component",
        "Started",
        { name: "RTO measured", figure: true },
        { name: "RPO measured", figure: true },
        "Result",
      ]}
    >
      {drills.map((drill) => (
        <tr key={drill.id}>
          <th scope="row">
            <Link to={`/drills/${encodeURIComponent(drill.id)}`}>{faultName(drill.fault)}</Link>
          </th>
          <td data-label="Worst component">{drill.subject ?? "–"}</td>
          <td data-label="Started" className={table.soft}>
            <When at={drill.startedAt} />
          </td>
          <FigureCell label="RTO measured">{outcome(drill.rto)}</FigureCell>
          <FigureCell label="RPO measured">{outcome(drill.rpo)}</FigureCell>
          <td data-label="Result">
            <DrillVerdict drill={drill} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
