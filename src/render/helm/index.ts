import type { Plan } from "../../plan/plan.js";
import { contentHash } from "../canonical.js";
import { jsonMapOf } from "../environments/json.js";
import { objectVariants, variantsOf } from "../environments/variants.js";
import { kubernetes } from "../kubernetes/index.js";
import { secretNotes } from "../kubernetes/secret.js";
import { generatedSecrets } from "../secrets.js";
import { definePlatformTarget, type RenderedFile } from "../target.js";
import { stringifyYaml } from "../yaml.js";
import { chartOf, type LongText } from "./chart.js";
import { connectionTest } from "./connection-test.js";
import { notesText } from "./notes.js";
import { valuesSchema } from "./schema.js";
import { defaultValues, environmentValues } from "./values.js";

/** The version of the chart's structure; a hash of its content follows, because versions must differ when the content does. */
const CHART_VERSION = "0.1.0";
const HASH_LENGTH = 10;

export const helm = definePlatformTarget({
  name: "helm",
  description: "a Helm chart with a values file for each environment",
  writes: kubernetes.writes,
  render(plans) {
    const { objects, notes } = objectVariants(plans);
    const tests = variantsOf(plans.map(connectionTest));
    const chart = chartOf([...objects, ...tests], plans);
    const defaults = defaultValues(chart.values);
    const environments = plans.map(({ environment }) => environment);
    const content: readonly RenderedFile[] = [
      ...chart.templates.map(({ path, text }): RenderedFile => ({ path, text, comment: "#" })),
      { path: "templates/NOTES.txt", text: notesText(plans), comment: "go-template" },
      { path: "values.yaml", text: stringifyYaml(defaults), comment: "#" },
      ...plans.flatMap((plan, index) =>
        environmentFiles(plan, index, environmentValues(chart.values, defaults, index), chart.texts),
      ),
      {
        path: "values.schema.json",
        text: `${JSON.stringify(valuesSchema(chart.values, environments), undefined, 2)}\n`,
        comment: "json",
      },
    ];
    return {
      files: [{ path: "Chart.yaml", text: stringifyYaml(chartFile(plans, content)), comment: "#" }, ...content],
      secrets: [...new Map(plans.flatMap(generatedSecrets).map((secret) => [secret.name, secret])).values()],
      notes: plans.map((plan, index) => [...(notes[index] ?? []), ...secretNotes(plan)]),
    };
  },
});

function chartFile(plans: readonly Plan[], content: readonly RenderedFile[]) {
  const [plan] = plans;
  const hash = contentHash(content.map(({ path, text }) => `${path}\n${text}`).join("\n"), HASH_LENGTH);
  return jsonMapOf({
    apiVersion: "v2",
    name: plan?.platform,
    description: `The platform ${plan?.platform} in the environments ${plans.map(({ environment }) => environment).join(", ")}`,
    type: "application",
    version: `${CHART_VERSION}+${hash}`,
    appVersion: plan?.image.tag ?? "latest",
  });
}

function environmentFiles(
  { environment }: Plan,
  index: number,
  values: ReturnType<typeof environmentValues>,
  texts: readonly LongText[],
): readonly RenderedFile[] {
  const own = texts.flatMap(({ name, texts: of }) => {
    const text = of.get(index);
    return text === undefined ? [] : [[name, text] as const];
  });
  return [
    { path: `values-${environment}.yaml`, text: stringifyYaml({ environment, ...values }), comment: "#" },
    ...(own.length > 0
      ? [{ path: `files/${environment}.yaml`, text: stringifyYaml(Object.fromEntries(own)), comment: "#" } as const]
      : []),
  ];
}
