import fc from "fast-check";
import type { Plan } from "../../../src/plan/plan.js";
import { planOf } from "../plan/planned.js";
import { arbitraryPlan } from "../render/arbitrary-plan.js";

/** Texts that a template, a shell or a reader of YAML could take for something else. */
const UNUSUAL_TEXTS = [
  "{{ .Values.secret }}",
  "{{- end }}",
  '{{ "{{" }}',
  "}}",
  "0o7",
  "1e3",
  "off",
  "~",
  "$(HOME) $$ ${HOME}",
  "a bell \u0007, a byte order mark \ufeff, an escape \u001b[0m",
  "tab\tand \"quotes\" and 'others' and `ticks`",
  "two\nlines\n",
  " leading and trailing ",
  "# no comment",
  "- no list",
  "key: value",
  "\u{1f6a2} é ñ",
  "HOLE0x",
  "",
];

/** Line breaks of Unicode. */
export const LINE_SEPARATORS = "a\u2028b\u2029c\u0085d";

/** A platform with unusual texts in the environment variables of its service, other ones in each environment. */
export function unusualPlatform(...more: readonly string[]): readonly Plan[] {
  const all = [...UNUSUAL_TEXTS, ...more];
  const variables = (texts: readonly string[]) =>
    Object.fromEntries(texts.map((text, index) => [`TEXT_${index}`, text]));
  const text = JSON.stringify({
    platform: "unusual",
    image: "registry.example.com/unusual:1",
    services: { web: { image: "registry.example.com/web:1", port: 8080, env: variables(all), expose: true } },
    entrance: { host: "unusual.example.com" },
    environments: {
      first: {},
      second: { services: { web: { env: variables([...all].reverse()), replicas: 3 } } },
      third: { services: { web: { env: { ...variables(all), ONLY_HERE: "{{ fail }}" } } } },
    },
  });
  return ["first", "second", "third"].map((environment) => planOf(text, environment));
}

/** Two or three environments with nothing in common but the platform. */
export const arbitraryEnvironments: fc.Arbitrary<readonly Plan[]> = fc
  .array(arbitraryPlan, { minLength: 1, maxLength: 3 })
  .map((plans) =>
    plans.map((plan, index) => {
      const environment = ["test", "stage", "production"][index] ?? "";
      return { ...plan, environment, namespace: `${plan.platform}-${environment}` };
    }),
  );
