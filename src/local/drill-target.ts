import { KeelsonError } from "../errors/keelson-error.js";
import type { Plan } from "../plan/plan.js";
import { type LocalPlatform, localTarget } from "../recovery/drills/local-target.js";
import type { DrillTarget } from "../recovery/drills/target.js";
import type { Recovery } from "../recovery/service/recovery.js";
import { socketUrl } from "../unix-sockets/socket-url.js";
import type { Layout } from "./layout.js";
import { type ProcessSpec, type ServeSpec, unitsOf } from "./processes.js";
import type { RunningPlatform } from "./running.js";
import type { Supervisor, SupervisorEvent } from "./supervisor.js";
import { drillKey } from "./terminal-key.js";

/** The parts of a platform of this machine that a drill uses. */
export interface DrilledPlatform extends Pick<LocalPlatform, "databaseUrl" | "databaseDirectory" | "repository"> {
  readonly plan: Plan;
  readonly operatorToken: string;
  readonly running: RunningPlatform;
  readonly layout: Layout;
  readonly specs: readonly ProcessSpec[];
  readonly supervisor: Supervisor;
  readonly recovery: Recovery;
}

/** The platform as the target of a drill. Throws `platform/not-ready` unless every process is running. */
export async function drillTarget(platform: DrilledPlatform): Promise<DrillTarget> {
  const { plan, running, layout, specs, supervisor, recovery } = platform;
  await requireHealthy(supervisor);
  const apiKey = await drillKey(running, layout);
  return localTarget({
    plan,
    clients: {
      url: running.url,
      apiKey,
      operatorToken: platform.operatorToken,
      unitUrl: (unit) => {
        const spec = specs.find(
          (candidate): candidate is ServeSpec =>
            candidate.kind === "serve" && unitsOf(plan, specs, candidate.name).includes(unit),
        );
        return spec && socketUrl(spec.socket);
      },
    },
    databaseUrl: platform.databaseUrl,
    databaseDirectory: platform.databaseDirectory,
    recovery,
    repository: platform.repository,
    processes: async () => {
      const status = await supervisor.status();
      return status.map(({ name, kind, pid, phase }) => ({
        name,
        kind,
        pid,
        running: phase === "running",
        units: unitsOf(plan, specs, name),
      }));
    },
    onEvent(listener) {
      const onSupervisor = (event: SupervisorEvent) => listener(eventText(event));
      const onRecovery = (event: { readonly what: string }) => listener(event.what);
      supervisor.events.on("event", onSupervisor);
      recovery.events.on("event", onRecovery);
      return () => {
        supervisor.events.off("event", onSupervisor);
        recovery.events.off("event", onRecovery);
      };
    },
  });
}

/** Throws `platform/not-ready`: a drill of a platform that is starting would measure its start. */
async function requireHealthy(supervisor: Supervisor): Promise<void> {
  const notReady = (await supervisor.status()).find(({ phase }) => phase !== "running");
  if (notReady)
    throw new KeelsonError("platform/not-ready", `${notReady.name} is not ready: a drill requires a healthy platform`);
}

/** `gateway crashed: killed by SIGKILL`; a process that is ready has no reason for it. */
function eventText({ process, kind, reason }: SupervisorEvent): string {
  return kind === "ready" ? `${process} is ready` : `${process} ${kind}: ${reason}`;
}
