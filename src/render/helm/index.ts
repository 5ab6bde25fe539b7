import type { Plan } from "../../plan/plan.js";
import { contentHash } from "../canonical.js";
import { jsonMapOf } from "../environments/json.js";
import { objectVariants, variantsOf } from "../environments/variants.js";
import { kubernetes } from "../kubernetes/index.js";
import { generatedInAny } from "../secrets.js";
import { definePlatformTarget, type RenderedFile } from "../target.js";
import { yamlFile } from "../yaml-file.js";
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
      yamlFile("values.yaml", defaults),
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
      files: [yamlFile("Chart.yaml", chartFile(plans, content)), ...content],
      secrets: generatedInAny(plans),
      notes,
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
    yamlFile(`values-${environment}.yaml`, { environment, ...values }),
    ...(own.length > 0 ? [yamlFile(`files/${environment}.yaml`, Object.fromEntries(own))] : []),
  ];
}
