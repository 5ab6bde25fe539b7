import { ActionIcon, Menu } from "@mantine/core";
import { useSession } from "../../api/session.js";
import type { User, UserStatus } from "../../api/users.js";
import { MoreIcon } from "../../shell/icons.js";
import { StateDot } from "../../shell/state-mark.js";
import { Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { When } from "../../shell/when.js";
import { actNames, actsOn, type Requested } from "./user-acts.js";

interface UserTableProps {
  readonly users: readonly User[];
  readonly onRequest: (requested: Requested) => void;
}

export function UserTable({ users, onRequest }: UserTableProps) {
  return (
    <Table columns={["Name", "Role", "Organisation", "Status", "Created", { name: "Actions", hidden: true }]}>
      {users.map((user) => (
        <tr key={user.id}>
          <th scope="row">
            <Name>{user.name}</Name>
          </th>
          <td data-label="Role">
            <span>
              {user.role}
              {user.operator && <span className={table.soft}>, runs the platform</span>}
            </span>
          </td>
          <td data-label="Organisation">
            <Name>{user.organisation}</Name>
          </td>
          <td data-label="Status">
            <StateDot tone={statusOf(user) === "active" ? "kept" : "quiet"}>{statusOf(user)}</StateDot>
          </td>
          <td data-label="Created" className={table.soft}>
            <When at={Date.parse(user.created)} />
          </td>
          <td data-label="Actions" className={table.figure}>
            <Acts user={user} onRequest={onRequest} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function statusOf({ disabled, deleted }: User): UserStatus {
  if (deleted !== null) return "deleted";
  return disabled ? "disabled" : "active";
}

function Acts({ user, onRequest }: { readonly user: User; readonly onRequest: (requested: Requested) => void }) {
  const session = useSession().data;
  const acts = session ? actsOn(user, session) : [];
  if (acts.length === 0) return null;
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon aria-label={`Actions for ${user.name}`}>
          <MoreIcon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map((act) => (
          <Menu.Item key={act} onClick={() => onRequest({ act, user })}>
            {actNames[act]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
