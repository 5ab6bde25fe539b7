import type { Plan, Unit } from "../../plan/plan.js";

/** The address of `module` by the plan: `http://<unit>:<port>` of the first unit that has it; undefined if none has. */
export function peerUrl(plan: Plan, module: string): string | undefined {
  const unit = plan.units.find(({ modules }) => modules.includes(module));
  return unit === undefined ? undefined : unitUrl(unit);
}

/** The address of a unit inside the platform; undefined for one without an HTTP port. */
export function unitUrl(unit: Unit): string | undefined {
  const port = unit.ports.find(({ protocol }) => protocol === "http");
  return port === undefined ? undefined : `http://${unit.name}:${port.number}`;
}
