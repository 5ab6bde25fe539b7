import { Button, Select } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMemo } from "react";
import { type Topology, topologyInterval, useTopology } from "../../api/topology.js";
import { plural } from "../../format.js";
import { LiveMark } from "../../shell/live-mark.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { useUrlState } from "../../shell/url-state.js";
import { CallGraph } from "./call-graph.js";
import { ElementDetails } from "./element-details.js";
import { ElementTable } from "./element-table.js";
import { firstCentre, MAX_MAPPED, neighbourhood } from "./neighbourhood.js";
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
      {topology.data && <View topology={topology.data} readAt={topology.dataUpdatedAt} />}
    </Page>
  );
}

interface ViewProps {
  readonly topology: Topology;
  /** When the server confirmed it, in epoch milliseconds: an unchanged topology is not sent again. */
  readonly readAt: number;
}

function View({ topology, readAt }: ViewProps) {
  const narrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const [parameters, setParameters] = useUrlState();
  const requested = parameters.get("component");
  const selected = topology.nodes.find(({ id }) => id === requested);
  const select = (id: string | undefined) => setParameters({ component: id });
  const large = topology.nodes.length > MAX_MAPPED;
  const centre = large ? (selected?.id ?? firstCentre(topology)) : undefined;
  const part = useMemo(
    () => (centre === undefined ? { topology, omitted: 0 } : neighbourhood(topology, centre)),
    [topology, centre],
  );
  if (topology.nodes.length === 0)
    return <Empty title="The plan has no components">Add a service, a model or a store to the platform file.</Empty>;
  return (
    <>
      <Section
        title={centre === undefined ? "Map" : `Map around ${centre}`}
        flush
        aside={<LiveMark readAt={readAt} intervalMs={topologyInterval(topology)} />}
      >
        {centre !== undefined && (
          <div className={styles.centre}>
            <Select
              aria-label="Component in the middle of the map"
              data={topology.nodes.map(({ id }) => id)}
              value={centre}
              searchable
              limit={50}
              nothingFoundMessage="No component matches"
              onChange={(id) => select(id ?? undefined)}
            />
            <span>
              {plural(topology.nodes.length, "component")} are too many for one map: it shows one with its callers and
              the components that it calls{part.omitted > 0 ? `, except ${part.omitted}` : ""}.
            </span>
          </div>
        )}
        <div className={styles.sheet}>
          <CallGraph
            topology={part.topology}
            direction={narrow ? "down" : "right"}
            selected={selected?.id}
            onSelect={select}
          />
        </div>
      </Section>
      {selected && (
        <Section
          title={selected.id}
          aside={
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => select(undefined)}>
              Close
            </Button>
          }
        >
          <ElementDetails node={selected} topology={topology} onSelect={select} />
        </Section>
      )}
      <Section title="Components" flush>
        <ElementTable topology={topology} selected={selected?.id} onSelect={select} />
      </Section>
    </>
  );
}
