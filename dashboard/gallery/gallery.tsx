import { Button } from "@mantine/core";
import { useState } from "react";
import { Legend } from "../src/charts/legend.js";
import { baseOption, Plot, usePalette, valueAxis } from "../src/charts/plot.js";
import { shortCount } from "../src/format.js";
import { FileLines } from "../src/pages/design/file-lines.js";
import type { OpenRows } from "../src/pages/promises/open-rows.js";
import { PromiseCards } from "../src/pages/promises/promise-cards.js";
import { PromiseTable } from "../src/pages/promises/promise-table.js";
import { Page, Section } from "../src/shell/page.js";
import { SchemeSwitch } from "../src/shell/scheme-switch.js";
import { StateDot, type Tone, Verdict } from "../src/shell/state-mark.js";
import { Empty, Failure, Loading } from "../src/shell/states.js";
import { FigureCell, Table } from "../src/shell/table.js";
import { file, findings, rows } from "./samples.js";

const tones: readonly Tone[] = ["kept", "broken", "unknown", "quiet"];

/** Every shared component in its states, without a platform: `npm run dev` serves it at /gallery.html. */
export function Gallery() {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const open: OpenRows = {
    isOpen: (key) => opened.has(key),
    toggle: (key) =>
      setOpened((before) =>
        before.has(key) ? new Set([...before].filter((each) => each !== key)) : new Set([...before, key]),
      ),
  };
  return (
    <main style={{ maxWidth: 1120, margin: "0 auto", padding: 24 }}>
      <Page title="Components" lead="Shared components of the dashboard with sample data." actions={<SchemeSwitch />}>
        <Section title="Verdicts and states">
          <p style={{ display: "flex", gap: 16, flexWrap: "wrap" }}>
            {([...tones, "warning"] as const).map((tone) => (
              <Verdict key={tone} tone={tone}>
                {tone}
              </Verdict>
            ))}
            {tones.map((tone) => (
              <StateDot key={tone} tone={tone}>
                {tone}
              </StateDot>
            ))}
          </p>
        </Section>
        <Section title="Buttons">
          <p style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
            <Button>Create key</Button>
            <Button variant="default">Cancel</Button>
            <Button color="red.8">Run drill</Button>
            <Button loading>Loading</Button>
            <Button disabled>Disabled</Button>
          </p>
        </Section>
        <Section title="Table" flush>
          <Table columns={["Model", { name: "Requests", figure: true }, { name: "Tokens", figure: true }]}>
            {[
              ["assistant", 1_234, 98_765],
              ["embedder", 56, 789],
            ].map(([name, requests, tokens]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <FigureCell label="Requests">{requests}</FigureCell>
                <FigureCell label="Tokens" soft>
                  {tokens}
                </FigureCell>
              </tr>
            ))}
          </Table>
        </Section>
        <Section title="Lines with findings" flush>
          <FileLines text={file} findings={findings} selected={2} />
        </Section>
        <Section title="Promise sheet" flush>
          <PromiseTable rows={rows} open={open} />
        </Section>
        <Section title="Promise sheet, narrow" flush>
          <PromiseCards rows={rows} open={open} />
        </Section>
        <Section title="Plot">
          <SamplePlot />
        </Section>
        <Section title="Loading, empty and failed">
          <Loading rows={3} what="sample data" />
          <Empty title="No drills yet" action={<Button variant="default">Run drill</Button>}>
            Until you run one, the promise sheet shows predictions only.
          </Empty>
          <Failure
            what="The drills could not be read"
            error={new Error("Connection refused.")}
            onRetry={() => undefined}
          />
        </Section>
      </Page>
    </main>
  );
}

function SamplePlot() {
  const palette = usePalette();
  const series = [
    { name: "answered", color: palette.kept, data: [12, 15, 14, 3, 0, 9, 15] },
    { name: "failed", color: palette.broken, data: [0, 0, 0, 9, 15, 4, 0] },
  ];
  return (
    <>
      <Legend entries={series.map(({ name, color }) => ({ name, color }))} />
      <Plot
        label="Sample requests per second, answered and failed"
        height={180}
        option={{
          ...baseOption(palette),
          xAxis: { type: "category", data: ["1s", "2s", "3s", "4s", "5s", "6s", "7s"] },
          yAxis: valueAxis(palette, shortCount),
          series: series.map(({ name, color, data }) => ({ name, type: "line", data, itemStyle: { color } })),
        }}
      />
    </>
  );
}
