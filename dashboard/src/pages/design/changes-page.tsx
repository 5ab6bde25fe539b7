import { Anchor, Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { type DesignComparison, useDesignChanges } from "../../api/design.js";
import { Page, Section } from "../../shell/page.js";
import { Verdict, type VerdictTone } from "../../shell/state-mark.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { useUrlState } from "../../shell/url-state.js";
import styles from "./changes-page.module.css";

/** What differs between the promises of the running version and those of the file now, or of a revision. */
export function ChangesPage() {
  const [parameters, setParameters] = useUrlState();
  const against = parameters.get("against") ?? undefined;
  const changes = useDesignChanges(against);
  return (
    <Page
      title="Changes of promises"
      lead={
        changes.data
          ? `${changes.data.after} against ${changes.data.before}: ${changes.data.summary}.`
          : "The promises of two versions of the platform file."
      }
      actions={
        <Anchor component={Link} to="/design">
          Platform file
        </Anchor>
      }
    >
      <Choice against={against} onChange={(wanted) => setParameters({ against: wanted })} />
      {changes.isPending && <Loading rows={6} what="the comparison" />}
      {changes.isError && <Failure what="The versions could not be compared" error={changes.error} />}
      {changes.data && <Comparison comparison={changes.data} />}
    </Page>
  );
}

interface ChoiceProps {
  readonly against: string | undefined;
  readonly onChange: (against: string | undefined) => void;
}

function Choice({ against, onChange }: ChoiceProps) {
  const [text, setText] = useState(against ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange(text.trim() === "" ? undefined : text.trim());
  };
  return (
    <form className={styles.choice} onSubmit={submit}>
      <TextInput
        label="Compare with"
        description="A branch, a tag or a commit; empty: the file as it is now"
        placeholder="main"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit">Compare</Button>
    </form>
  );
}

const tones: Readonly<Record<string, VerdictTone>> = {
  lost: "broken",
  withdrawn: "warning",
  worse: "warning",
  gained: "kept",
  better: "kept",
};

function Comparison({ comparison: { changes, sizes } }: { readonly comparison: DesignComparison }) {
  if (changes.length === 0 && sizes.length === 0)
    return <Empty title="No promise differs">Both versions promise and predict the same.</Empty>;
  return (
    <>
      {changes.length > 0 && (
        <Section title="Promises" flush>
          <Table columns={["Change", "Subjects", "Promise", "Promised", "Predicted", "Why"]}>
            {changes.map(({ kind, subjects, promise, promised, predicted, reasons }) => (
              <tr key={`${kind} ${promise} ${subjects} ${promised}`}>
                <td data-label="Change">
                  <Verdict tone={tones[kind] ?? "quiet"}>{kind}</Verdict>
                </td>
                <th scope="row" className={styles.subjects}>
                  {subjects}
                </th>
                <td data-label="Promise">{promise}</td>
                <td data-label="Promised" className={table.nowrap}>
                  {promised}
                </td>
                <td data-label="Predicted" className={table.nowrap}>
                  {predicted}
                </td>
                <td data-label="Why">{reasons.join("; ")}</td>
              </tr>
            ))}
          </Table>
        </Section>
      )}
      {sizes.length > 0 && (
        <Section title="Size">
          <ul className={styles.sizes}>
            {sizes.map((size) => (
              <li key={size}>{size}</li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}
