import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { type Topology, useTopology } from "../../api/topology.js";
import { timeOfDay } from "../../format.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { CallGraph } from "./call-graph.js";
import { ElementTable } from "./element-table.js";
import styles from "./topology-page.module.css";

/** What runs now: every element of the plan, how much of it is ready, and how often it is called. */
export function TopologyPage() {
  const topology = useTopology();
  return (
    <Page
      title="Topology"
      lead="What runs now, as the plan declares it: who calls whom, how many replicas are ready, and how many requests pass."
    >
      {topology.isPending && <Loading rows={8} what="the topology" />}
      {topology.isError && !topology.data && (
        <Failure what="The topology could not be read" error={topology.error} onRetry={() => topology.refetch()} />
      )}
      {topology.data && <View topology={topology.data} stale={topology.isError} />}
    </Page>
  );
}

function View({ topology, stale }: { readonly topology: Topology; readonly stale: boolean }) {
  const narrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const [selected, setSelected] = useState<string>();
  if (topology.nodes.length === 0)
    return <Empty title="The plan has no elements">Add a service, a model or a store to the platform file.</Empty>;
  return (
    <>
      <Section
        title="Map"
        flush
        aside={
          <span className={styles.live} data-stale={stale || undefined}>
            <span className={styles.pulse} aria-hidden="true" />
            {stale ? "not answering since" : "live, read at"} {timeOfDay(topology.at)}
          </span>
        }
      >
        <div className={styles.sheet}>
          <CallGraph
            topology={topology}
            direction={narrow ? "down" : "right"}
            selected={selected}
            onSelect={setSelected}
          />
        </div>
      </Section>
      <Section title="Elements" flush aside={selected && <span>{selected} is marked in the map</span>}>
        <ElementTable topology={topology} selected={selected} onSelect={setSelected} />
      </Section>
    </>
  );
}
