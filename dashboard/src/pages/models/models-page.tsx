import { useModels } from "../../api/models.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { ModelList } from "./model-list.js";
import styles from "./models-page.module.css";
import { Playground } from "./playground.js";

/** The models with their engines and targets, and a playground. */
export function ModelsPage() {
  const models = useModels();
  return (
    <Page title="Models" lead="The engine and targets of each model, its load, and a playground.">
      {models.isPending && <Loading rows={5} what="the models" />}
      {models.isError && !models.data && (
        <Failure what="The models could not be read" error={models.error} onRetry={() => models.refetch()} />
      )}
      {models.data?.length === 0 && (
        <Empty title="The plan has no models">
          Add one to the platform file, for example <code>models: {"{ assistant: { engine: best } }"}</code>.
        </Empty>
      )}
      {models.data && models.data.length > 0 && (
        <div className={styles.columns}>
          <Section title="Models" flush>
            <ModelList models={models.data} />
          </Section>
          <Playground models={models.data} />
        </div>
      )}
    </Page>
  );
}
