/** A service of a Compose file, as the Compose Specification names its fields; only those that Keelson writes. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly user: string;
  readonly hostname?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: "service_healthy" | "service_started" }>>;
  readonly configs?: readonly FileMount[];
  readonly secrets?: readonly FileMount[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  /** Size of `/dev/shm`. */
  readonly shm_size?: string;
  readonly healthcheck?: HealthCheck;
  readonly read_only: true;
  readonly cap_drop: readonly ["ALL"];
  readonly security_opt: readonly ["no-new-privileges:true"];
  readonly init: true;
  readonly restart: "unless-stopped";
  readonly stop_grace_period: string;
  readonly deploy: { readonly replicas: number; readonly resources?: ComposeResources };
  readonly logging: { readonly driver: "json-file"; readonly options: { "max-size": string; "max-file": string } };
}

export interface FileMount {
  readonly source: string;
  readonly target: string;
}

export interface HealthCheck {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly start_period: string;
}

export interface ComposeResources {
  readonly limits?: { readonly cpus?: string; readonly memory?: string };
  readonly reservations?: { readonly cpus?: string; readonly memory?: string };
}

/** Settings of every container: minimal privileges, a read-only root file system, and log rotation. */
export const HARDENING = {
  read_only: true,
  cap_drop: ["ALL"],
  security_opt: ["no-new-privileges:true"],
  init: true,
  restart: "unless-stopped",
  logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
} as const;
