import type { Settings } from "../platform-file/schema/platform.js";
import { CLOUDS } from "./clouds/index.js";
import type { ProvenanceRecorder } from "./origin.js";
import type { Cloud, Plan, Region, RegionFailover } from "./plan.js";

/** How many zones the environment has; one by default. */
export function zoneCount(zones: Settings["zones"]): number {
  return zones === undefined ? 1 : typeof zones === "number" ? zones : zones.length;
}

/** The region that everything runs in: the declared one, or the usual one of the cloud. */
export function primaryRegion({ cloud, regions }: Pick<Plan, "cloud" | "regions">): string {
  return regions.find(({ role }) => role === "primary")?.name ?? CLOUDS[cloud].defaultRegion.name;
}

/** Regions, primary first, each with the names of its zones. */
export function planRegions(provenance: ProvenanceRecorder, settings: Settings, cloud: Cloud): Region[] {
  const root = provenance.at();
  const input = typeof settings.regions === "string" ? { primary: settings.regions } : settings.regions;
  const usual = CLOUDS[cloud].defaultRegion;
  const primary = root.pick("regions", input?.primary, usual.name, usual.why);
  if (settings.zones === undefined) root.recordDefault("zones", "no zones are set, so there is one");
  const standby = (input && "standby" in input ? input.standby : undefined) ?? [];
  return [
    { name: primary, role: "primary", mode: "active", zones: zoneNames(primary, cloud, settings.zones) },
    ...standby.map((entry, index): Region => {
      const name = typeof entry === "string" ? entry : entry.region;
      const mode = typeof entry === "string" ? undefined : entry.mode;
      const scope = provenance.at("regions", "standby", index);
      return {
        name,
        role: "standby",
        mode: scope.pick("mode", mode, "warm", "a small running standby takes over fast at low cost"),
        // Declared names are those of the primary; another region has the same number of its own.
        zones: zoneNames(name, cloud, zoneCount(settings.zones)),
      };
    }),
  ];
}

/** How traffic leaves a lost region; undefined with one region. */
export function planFailover(
  provenance: ProvenanceRecorder,
  settings: Settings,
  regions: readonly Region[],
): RegionFailover | undefined {
  const input = typeof settings.regions === "object" ? settings.regions.failover : undefined;
  if (!input && regions.length < 2) return undefined;
  const scope = provenance.at("regions", "failover");
  return {
    path: scope.path,
    check: scope.duration("check", input?.check, 30_000, "Route 53's standard interval between health checks"),
    failures: scope.pick("failures", input?.failures, 3, "Route 53's standard failure threshold"),
    ttl: scope.duration("ttl", input?.ttl, 60_000, "AWS recommends at most 60s on records that fail over"),
  };
}

function zoneNames(region: string, cloud: Cloud, input: Settings["zones"]): string[] {
  if (Array.isArray(input)) return input;
  const letters = Array.from({ length: zoneCount(input) }, (_, index) => String.fromCharCode(97 + index));
  return letters.map((letter) => CLOUDS[cloud].zone(region, letter));
}
