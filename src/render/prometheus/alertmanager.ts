import type { Plan } from "../../plan/plan.js";
import type { Note } from "../note.js";

/** Where Alertmanager finds the secrets of its receivers, by their names. */
const SECRETS = "/etc/alertmanager/secrets";

/** Receivers whose integration needs nothing but one secret (prometheus.io/docs/alerting/latest/configuration). */
const INTEGRATIONS: ReadonlyMap<string, { readonly secret: string; readonly config: (file: string) => object }> =
  new Map([
    [
      "pagerduty",
      { secret: "its routing key", config: (file) => ({ pagerduty_configs: [{ routing_key_file: file }] }) },
    ],
    ["slack", { secret: "its webhook URL", config: (file) => ({ slack_configs: [{ api_url_file: file }] }) }],
    ["opsgenie", { secret: "its API key", config: (file) => ({ opsgenie_configs: [{ api_key_file: file }] }) }],
  ]);

/**
 * The configuration of Alertmanager: one route for each severity that has a receiver, grouped by subject, and no notification for the others.
 * Intervals are its defaults, with which the predictions count.
 */
export function alertmanagerConfig(plan: Plan): {
  readonly config: object | undefined;
  readonly notes: readonly Note[];
} {
  const { routes } = plan.observe;
  const declared = (["critical", "warning", "info"] as const).flatMap((severity) => {
    const receiver = routes[severity];
    return receiver === undefined ? [] : [{ severity, receiver }];
  });
  if (declared.length === 0 || plan.observe.metrics === "none") return { config: undefined, notes: [] };
  const receivers = [...new Set(declared.map(({ receiver }) => receiver))];
  return {
    config: {
      route: {
        receiver: NONE,
        group_by: ["platform", "environment", "subject"],
        routes: declared.map(({ severity, receiver }) => ({ receiver, matchers: [`severity="${severity}"`] })),
      },
      receivers: [{ name: NONE }, ...receivers.map(receiverOf)],
    },
    notes: receivers.map((name) => ({ path: "observe.routes", message: receiverNote(name) })),
  };
}

const NONE = "none";

function receiverOf(name: string): object {
  return { name, ...INTEGRATIONS.get(name)?.config(`${SECRETS}/${name}`) };
}

function receiverNote(name: string): string {
  const integration = INTEGRATIONS.get(name);
  return integration === undefined
    ? `the receiver ${name} sends no notification until you add its configuration: the platform file has its name alone`
    : `the receiver ${name} reads ${integration.secret} from ${SECRETS}/${name}`;
}
