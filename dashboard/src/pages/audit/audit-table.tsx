import type { AuditEntry } from "../../api/audit.js";
import { dateTime } from "../../format.js";
import { Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./audit-table.module.css";
import { actorOf, detailsOf, type Party, subjectOf } from "./entries.js";

interface AuditTableProps {
  readonly entries: readonly AuditEntry[];
  /** Names of users and keys by id. */
  readonly names: Readonly<Record<string, string>>;
}

export function AuditTable({ entries, names }: AuditTableProps) {
  return (
    <Table columns={["Time", "Act", "Actor", "Subject", "Organisation", "Details"]}>
      {entries.map((entry) => (
        <tr key={entry.id}>
          <td data-label="Time" className={`${table.soft} ${table.nowrap}`}>
            <time dateTime={entry.at} title={`Entry ${entry.id}, hash ${entry.hash}`}>
              {dateTime(Date.parse(entry.at))}
            </time>
          </td>
          <th scope="row">
            <code>{entry.act}</code>
          </th>
          <td data-label="Actor">
            <Who {...actorOf(entry, names)} />
          </td>
          <td data-label="Subject">
            <Who {...subjectOf(entry, names)} />
          </td>
          <td data-label="Organisation" className={entry.organisation === null ? table.soft : undefined}>
            {entry.organisation ?? "platform"}
          </td>
          <Details>{detailsOf(entry)}</Details>
        </tr>
      ))}
    </Table>
  );
}

function Details({ children }: { readonly children: string }) {
  return (
    <td data-label="Details" data-empty={children === "" || undefined} className={table.soft}>
      <span className={styles.details}>{children}</span>
    </td>
  );
}

/** A user, a key or another party, by name where it has one. */
function Who({ kind, name, id }: Party) {
  return (
    <span className={styles.who} title={id}>
      <Name>{name ?? id}</Name>
      {kind !== undefined && <span className={table.soft}>{kind}</span>}
    </span>
  );
}
