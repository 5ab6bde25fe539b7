import { GEN_AI_ATTRIBUTES, prometheusMetric, prometheusName } from "../../contracts/gen-ai.js";
import type { Plan } from "../../plan/plan.js";
import { STORES } from "../../plan/stores/index.js";
import type { ScrapedContainer } from "../prometheus/scrape.js";

/** One graph: a title, its unit in Grafana, and queries in PromQL with the legend of their series. */
interface Graph {
  readonly title: string;
  readonly unit: "reqps" | "s" | "short" | "bytes";
  readonly queries: readonly (readonly [query: string, legend: string])[];
}

const COLUMNS = 2;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 8;

/**
 * The dashboard of a platform: the graphs of what its containers export, so that none is empty by its definition. The JSON is that of
 * Grafana's dashboards (grafana.com/docs, "Dashboard JSON model").
 */
export function dashboard(plan: Plan, scraped: readonly ScrapedContainer[]): object {
  return {
    uid: plan.namespace.slice(0, 40),
    title: `${plan.platform} (${plan.environment})`,
    schemaVersion: 39,
    timezone: "browser",
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    panels: graphs(plan, scraped).map((graph, index) => ({
      id: index + 1,
      type: "timeseries",
      title: graph.title,
      datasource: { type: "prometheus", uid: "prometheus" },
      fieldConfig: { defaults: { unit: graph.unit, min: 0 }, overrides: [] },
      gridPos: { x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
      targets: graph.queries.map(([expr, legendFormat], query) => ({ refId: `Q${query + 1}`, expr, legendFormat })),
    })),
  };
}

function graphs(plan: Plan, scraped: readonly ScrapedContainer[]): readonly Graph[] {
  const modules = new Set(plan.units.flatMap((unit) => unit.modules));
  const names = new Set(scraped.map(({ name }) => name));
  const brokers = plan.stores.some((store) => STORES[store.kind].role === "broker" && names.has(store.name));
  const engines = new Set(plan.models.flatMap(({ name, engine }) => (names.has(name) ? [engine] : [])));
  return [
    ...EVERY_TARGET,
    ...(modules.size > 0 ? PROCESSES : []),
    ...(modules.has("gateway") ? GATEWAY : []),
    ...(modules.has("dashboard") ? BACKUPS : []),
    ...(brokers ? BROKER : []),
    ...(engines.has("vllm") ? VLLM : []),
  ];
}

/** What Prometheus records of each scrape (prometheus.io/docs/concepts/jobs_instances). */
const EVERY_TARGET: readonly Graph[] = [
  { title: "Replicas that answer", unit: "short", queries: [["sum by (job) (up)", "{{job}}"]] },
  { title: "Duration of a scrape", unit: "s", queries: [["max by (job) (scrape_duration_seconds)", "{{job}}"]] },
];

/** The default metrics of prom-client, and those of the kernel of Keelson's modules. */
const PROCESSES: readonly Graph[] = [
  { title: "Memory", unit: "bytes", queries: [["sum by (job) (process_resident_memory_bytes)", "{{job}}"]] },
  { title: "CPU", unit: "short", queries: [["sum by (job) (rate(process_cpu_seconds_total[5m]))", "{{job}}"]] },
  {
    title: "Modules that are ready",
    unit: "short",
    queries: [["sum by (module) (keelson_module_ready)", "{{module}}"]],
  },
];

const MODEL = prometheusName(GEN_AI_ATTRIBUTES.requestModel);

const GATEWAY: readonly Graph[] = [
  {
    title: "Requests by status",
    unit: "reqps",
    queries: [["sum by (status) (rate(keelson_gateway_requests_total[5m]))", "{{status}}"]],
  },
  {
    title: "Refused requests by reason",
    unit: "reqps",
    queries: [["sum by (code) (rate(keelson_gateway_refused_total[5m]))", "{{code}}"]],
  },
  {
    title: "Time until the last byte (95th percentile)",
    unit: "s",
    queries: [[percentile(prometheusMetric("requestDuration")), `{{${MODEL}}}`]],
  },
  {
    title: "Time until the first token (95th percentile)",
    unit: "s",
    queries: [[percentile(prometheusMetric("timeToFirstToken")), `{{${MODEL}}}`]],
  },
  {
    title: "Requests that wait and requests in flight",
    unit: "short",
    queries: [
      ["sum by (model) (keelson_gateway_queue_waiting)", "{{model}} waiting"],
      ["sum by (model) (keelson_gateway_target_in_flight)", "{{model}} in flight"],
    ],
  },
  {
    title: "Upstreams that receive requests",
    unit: "short",
    queries: [["sum by (model) (keelson_gateway_target_up)", "{{model}}"]],
  },
];

function percentile(histogram: string): string {
  return `histogram_quantile(0.95, sum by (le, ${MODEL}) (rate(${histogram}_bucket[5m])))`;
}

const BACKUPS: readonly Graph[] = [
  { title: "Age of the newest backup", unit: "s", queries: [["max(keelson_backup_age_seconds)", "newest backup"]] },
];

/** rabbitmq_prometheus, metrics of the aggregated endpoint (rabbitmq.com/docs/prometheus). */
const BROKER: readonly Graph[] = [
  {
    title: "Messages of queues",
    unit: "short",
    queries: [
      ["sum by (job) (rabbitmq_queue_messages_ready)", "{{job}} ready"],
      ["sum by (job) (rabbitmq_queue_messages_unacked)", "{{job}} unacknowledged"],
    ],
  },
];

/** vLLM, production metrics (docs.vllm.ai/en/latest/usage/metrics). */
const VLLM: readonly Graph[] = [
  {
    title: "Requests of vLLM",
    unit: "short",
    queries: [
      ["sum by (job) (vllm:num_requests_running)", "{{job}} running"],
      ["sum by (job) (vllm:num_requests_waiting)", "{{job}} waiting"],
    ],
  },
];
