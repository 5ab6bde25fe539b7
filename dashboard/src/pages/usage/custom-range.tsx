import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Span } from "../../api/usage.js";
import { inputTime, zoneName } from "../../format.js";
import { parseWritten } from "./range.js";
import styles from "./usage-page.module.css";

interface CustomRangeProps {
  readonly span: Span;
  readonly onChange: (span: Span) => void;
}

/** The start and end of a range, in the browser's time zone and in the form in which all pages show points in time. */
export function CustomRange({ span, onChange }: CustomRangeProps) {
  const [from, setFrom] = useState(inputTime(span.from));
  const [to, setTo] = useState(inputTime(span.to));
  const [start, end] = [parseWritten(from), parseWritten(to)];
  const valid = start !== undefined && end !== undefined && start < end;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (valid) onChange({ from: start, to: end });
  };
  const zone = zoneName(Date.now());
  return (
    <form className={styles.fields} onSubmit={submit}>
      <TextInput
        label={`From (${zone})`}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
        error={start === undefined ? "for example 21 Nov 2026, 08:00" : undefined}
      />
      <TextInput
        label={`To (${zone})`}
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
        error={
          end === undefined
            ? "for example 21 Nov 2026, 08:00"
            : start !== undefined && start >= end
              ? "must be after the start"
              : undefined
        }
      />
      <Button type="submit" variant="default" disabled={!valid}>
        Apply
      </Button>
    </form>
  );
}
