import { expect, it } from "vitest";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const render = (version: string, target: "compose" | "kubernetes") => {
  const plan = planOf(
    `platform: shop\nprovide: in-cluster\nstores: { events: { rabbitmq: "${version}", queues: quorum } }`,
  );
  const { files, notes } = targets[target].render(plan);
  return {
    setting: files.some(({ text }) => /^\s*default_queue_type = quorum$/m.test(text)),
    note: notes.some(({ message }) => message.includes("has no default queue type")),
  };
};

it.each([
  ["3.12", false],
  ["3.13.2", false],
  ["3.13.3", true],
  ["3.13", true],
  ["3", true],
  ["4.0", true],
  ["4", true],
])(
  "RabbitMQ %s: the default queue type is set if its release has the setting, and noted otherwise",
  (version, known) => {
    for (const target of ["compose", "kubernetes"] as const)
      expect(render(version, target)).toEqual({ setting: known, note: !known });
  },
);
