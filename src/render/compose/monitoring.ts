import { exactImage } from "../../plan/images.js";
import type { Plan, SecretMount, Store } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { formatDuration } from "../../platform-file/format.js";
import { METRICS_PATH, metricsPort } from "../metrics-port.js";
import { containersConfig, type ScrapedContainer } from "../prometheus/scrape.js";
import type { GeneratedSecret } from "../secrets.js";
import type { StoreServer } from "../stores/server.js";
import type { RenderedFile } from "../target.js";
import { stringifyYaml } from "../yaml.js";
import { dashboard } from "./dashboard.js";
import type { Connection } from "./networks.js";
import { secretMounts } from "./secrets.js";
import { type ComposeService, type FileMount, HARDENING, type HealthCheck } from "./service.js";

/** The user of Prometheus' image, and the user that owns the data of Grafana's (their Dockerfiles, read 2026-11-30). */
const PROMETHEUS_USER = "65534:65534";
const GRAFANA_USER = "472:472";
const PROMETHEUS_PORT = 9090;
const GRAFANA_PORT = 3000;

/** Prometheus and Grafana beside the platform: what the Compose file contains for them, and the files that they mount. */
export interface Monitoring {
  readonly services: (networks: (name: string) => readonly string[]) => Readonly<Record<string, ComposeService>>;
  readonly connections: readonly Connection[];
  readonly volumes: readonly string[];
  readonly files: readonly RenderedFile[];
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
  readonly mount: SecretMount;
  readonly secret: GeneratedSecret;
}

/** A file of a server: its path below the folder of the service, where the server reads it, and its content. */
interface ServerFile {
  readonly name: string;
  readonly target: string;
  readonly text: string;
  readonly comment: RenderedFile["comment"];
}

/** Undefined without `observe: { metrics: prometheus }`. */
export function monitoring(
  plan: Plan,
  stores: readonly { readonly store: Store; readonly server: StoreServer }[],
): Monitoring | undefined {
  if (plan.observe.metrics !== "prometheus") return undefined;
  const prometheus = freeName(plan, "prometheus");
  const grafana = freeName(plan, "grafana");
  const scraped = scrapedContainers(plan, stores);
  const files = {
    [prometheus]: [yaml("prometheus.yml", "/etc/prometheus", containersConfig(plan, scraped))],
    [grafana]: grafanaFiles(plan, scraped, `http://${prometheus}:${PROMETHEUS_PORT}`),
  };
  const mount: SecretMount = { secret: grafana, directory: grafana, keys: ["admin-password"] };
  return {
    services: (networks) => ({
      [prometheus]: {
        ...prometheusService(plan, networks(prometheus), mountsOf(prometheus, files[prometheus])),
        volumes: [`${prometheus}-data:/prometheus`],
      },
      [grafana]: {
        ...grafanaService(mount, networks(grafana), mountsOf(grafana, files[grafana])),
        depends_on: { [prometheus]: { condition: "service_healthy" } },
        volumes: [`${grafana}-data:/var/lib/grafana`],
      },
    }),
    connections: [
      ...scraped.map(({ name }) => ({ from: prometheus, to: name })),
      { from: grafana, to: prometheus },
      { from: prometheus, to: undefined },
      { from: grafana, to: undefined },
    ],
    volumes: [`${prometheus}-data`, `${grafana}-data`],
    files: Object.entries(files).flatMap(([service, own]) =>
      own.map(({ name, text, comment }) => ({ path: `${service}/${name}`, text, comment })),
    ),
    configs: Object.fromEntries(
      Object.entries(files).flatMap(([service, own]) =>
        own.map(({ name }) => [configName(service, name), { file: `./${service}/${name}` }]),
      ),
    ),
    mount,
    secret: { name: grafana, keys: { "admin-password": { kind: "random", bytes: 24 } } },
  };
}

/** Names of the platform file have no underscores. */
function freeName({ units, stores, secrets }: Plan, wanted: string): string {
  return [...units, ...stores, ...secrets].some(({ name }) => name === wanted) ? `keelson_${wanted}` : wanted;
}

/** The containers that serve metrics: units, and servers of stores. */
function scrapedContainers(
  plan: Plan,
  stores: readonly { readonly store: Store; readonly server: StoreServer }[],
): readonly ScrapedContainer[] {
  return [
    ...plan.units.flatMap((unit) => {
      const port = metricsPort(plan, unit);
      return port === undefined ? [] : [{ name: unit.name, port, path: unit.metrics?.path ?? METRICS_PATH }];
    }),
    ...stores.flatMap(({ store: { name }, server: { metricsPort: port } }) =>
      port === undefined ? [] : [{ name, port, path: METRICS_PATH }],
    ),
  ];
}

function prometheusService(plan: Plan, networks: readonly string[], configs: readonly FileMount[]): ComposeService {
  return {
    image: exactImage("prometheus"),
    command: [
      "--config.file=/etc/prometheus/prometheus.yml",
      "--storage.tsdb.path=/prometheus",
      `--storage.tsdb.retention.time=${formatDuration(plan.observe.retention)}`,
    ],
    user: PROMETHEUS_USER,
    ports: [`127.0.0.1:\${PROMETHEUS_PORT:-${PROMETHEUS_PORT}}:${PROMETHEUS_PORT}`],
    networks,
    configs,
    tmpfs: ["/tmp"],
    // Its image has promtool, which asks the server on port 9090 (prometheus v3.14.0, cmd/promtool/main.go, read 2026-11-30).
    healthcheck: check(["promtool", "check", "healthy"]),
    ...HARDENING,
    stop_grace_period: "30s",
    deploy: { replicas: 1, resources: limits("1", "512m") },
  };
}

/** Grafana asks its vendor for updates and plugins by default; this network may not lead there. */
function grafanaService(
  mount: SecretMount,
  networks: readonly string[],
  configs: readonly FileMount[],
): ComposeService {
  return {
    image: exactImage("grafana"),
    user: GRAFANA_USER,
    environment: {
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
      GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
      GF_ANALYTICS_REPORTING_ENABLED: "false",
      GF_PLUGINS_PREINSTALL_DISABLED: "true",
      GF_SECURITY_ADMIN_PASSWORD__FILE: `${SECRETS_DIRECTORY}/${mount.directory}/admin-password`,
      GF_USERS_ALLOW_SIGN_UP: "false",
    },
    ports: [`127.0.0.1:\${GRAFANA_PORT:-${GRAFANA_PORT}}:${GRAFANA_PORT}`],
    networks,
    configs,
    secrets: secretMounts([mount]),
    tmpfs: ["/tmp"],
    healthcheck: check(["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${GRAFANA_PORT}/api/health`]),
    ...HARDENING,
    stop_grace_period: "30s",
    deploy: { replicas: 1, resources: limits("0.5", "512m") },
  };
}

function check(program: readonly string[]): HealthCheck {
  return { test: ["CMD", ...program], interval: "10s", timeout: "5s", retries: 3, start_period: "60s" };
}

function limits(cpus: string, memory: string) {
  return { limits: { cpus, memory } };
}

/** The data source and the dashboard, and the providers that load them (grafana.com/docs, "Provision Grafana"). */
function grafanaFiles(plan: Plan, scraped: readonly ScrapedContainer[], url: string): readonly ServerFile[] {
  const provisioning = "/etc/grafana/provisioning";
  const dashboards = "/etc/grafana/dashboards";
  return [
    yaml("datasource.yml", `${provisioning}/datasources`, {
      apiVersion: 1,
      datasources: [
        { name: "Prometheus", uid: "prometheus", type: "prometheus", access: "proxy", url, isDefault: true },
      ],
    }),
    yaml("dashboards.yml", `${provisioning}/dashboards`, {
      apiVersion: 1,
      providers: [{ name: plan.platform, type: "file", options: { path: dashboards } }],
    }),
    {
      name: "platform.json",
      target: `${dashboards}/platform.json`,
      text: `${JSON.stringify(dashboard(plan, scraped), null, 2)}\n`,
      comment: "json",
    },
  ];
}

function yaml(name: string, folder: string, content: object): ServerFile {
  return { name, target: `${folder}/${name}`, text: stringifyYaml(content), comment: "#" };
}

function mountsOf(service: string, files: readonly ServerFile[] | undefined): readonly FileMount[] {
  return (files ?? []).map(({ name, target }) => ({ source: configName(service, name), target }));
}

function configName(service: string, file: string): string {
  return `${service}-${file.replaceAll(".", "-")}`;
}
