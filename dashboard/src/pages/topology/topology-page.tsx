import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { TOPOLOGY_INTERVAL_MS, type Topology, useTopology } from "../../api/topology.js";
import { LiveMark } from "../../shell/live-mark.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { CallGraph } from "./call-graph.js";
import { ElementTable } from "./element-table.js";
import styles from "./topology-page.module.css";

/** Every component of the plan with its state, ready replicas and request rate. */
export function TopologyPage() {
  const topology = useTopology();
  return (
    <Page title="Topology" lead="The components of the plan and their calls, with ready replicas and request rates.">
      {topology.isPending && <Loading rows={8} what="the topology" />}
      {topology.isError && !topology.data && (
        <Failure what="The topology could not be read" error={topology.error} onRetry={() => topology.refetch()} />
      )}
      {topology.data && <View topology={topology.data} />}
    </Page>
  );
}

function View({ topology }: { readonly topology: Topology }) {
  const narrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const [selected, setSelected] = useState<string>();
  if (topology.nodes.length === 0)
    return <Empty title="The plan has no components">Add a service, a model or a store to the platform file.</Empty>;
  return (
    <>
      <Section title="Map" flush aside={<LiveMark readAt={topology.at} intervalMs={TOPOLOGY_INTERVAL_MS} />}>
        <div className={styles.sheet}>
          <CallGraph
            topology={topology}
            direction={narrow ? "down" : "right"}
            selected={selected}
            onSelect={setSelected}
          />
        </div>
      </Section>
      <Section title="Components" flush aside={selected && <span>{selected} selected</span>}>
        <ElementTable topology={topology} selected={selected} onSelect={setSelected} />
      </Section>
    </>
  );
}
