import type { DesignValue } from "../../api/design.js";
import { SearchField } from "../../shell/search-field.js";
import { SourceLocation } from "../../shell/source-location.js";
import { Empty } from "../../shell/states.js";
import { Table } from "../../shell/table.js";
import { useUrlState } from "../../shell/url-state.js";
import styles from "./plan-values.module.css";

/** More rows are of no use to a reader who can search. */
const MAX_ROWS = 100;

/** Every value of the plan with its line in the file, or the reason for its default. */
export function PlanValues({ values }: { readonly values: readonly DesignValue[] }) {
  const [parameters] = useUrlState();
  const wanted = (parameters.get("search") ?? "").trim().toLowerCase();
  const found = values.filter(
    ({ path, value = "" }) => path.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted),
  );
  return (
    <>
      <div className={styles.search}>
        <SearchField label="Search the plan" placeholder="Path or value, such as stores or replicas" />
        <p className={styles.count} role="status">
          {found.length > MAX_ROWS ? `the first ${MAX_ROWS} of ${found.length} values` : `${found.length} values`}
        </p>
      </div>
      {found.length === 0 ? (
        <Empty title="No such value">Search another part of a path.</Empty>
      ) : (
        <Table columns={["Path", "Value", "From"]}>
          {found.slice(0, MAX_ROWS).map((each) => (
            <tr key={each.path}>
              <th scope="row" className={styles.path}>
                <code>{each.path}</code>
              </th>
              <td data-label="Value" className={styles.path}>
                <code>{each.value ?? ""}</code>
              </td>
              <td data-label="From">
                <SourceLocation origin={originOf(each)} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function originOf({ at, environment, why }: DesignValue) {
  if (why !== undefined) return { kind: "default", why, ...at } as const;
  return environment === undefined
    ? ({ kind: "file", ...at } as const)
    : ({ kind: "environment", environment, ...at } as const);
}
