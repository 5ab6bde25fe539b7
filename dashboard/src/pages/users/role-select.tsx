import { Select } from "@mantine/core";
import { includesRole, ROLES } from "../../../../src/contracts/authority.js";
import { useSession } from "../../api/session.js";
import type { Role } from "../../api/users.js";

const descriptions = {
  member: "own keys and own sessions",
  admin: "users, keys and usage of the organisation",
  owner: "everything in the organisation",
} as const satisfies Record<Role, string>;

interface RoleSelectProps {
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}

/** A role, up to that of the user who is signed in. */
export function RoleSelect({ value, onChange }: RoleSelectProps) {
  const own = useSession().data?.role ?? "member";
  return (
    <Select
      label="Role"
      description={`Manages ${descriptions[value]}.`}
      data={ROLES.filter((role) => includesRole(own, role))}
      value={value}
      allowDeselect={false}
      onChange={(next) => onChange(ROLES.find((role) => role === next) ?? value)}
    />
  );
}
