/** Instructions for the on-call engineer, as data: a target can write them as Markdown, HTML or an annotation of an alert. */
export interface Runbook {
  readonly id: string;
  readonly subject: string;
  readonly title: string;
  /** The observation that this runbook applies to. */
  readonly when: string;
  readonly steps: readonly Step[];
  /** How to verify that the incident is over. */
  readonly done: string;
}

export interface Step {
  readonly action: string;
  /** A command line. Words in capitals are to be replaced. */
  readonly command?: string;
}

/** The runbook as Markdown. */
export function runbookText(runbook: Runbook): string {
  const steps = runbook.steps.map(({ action, command }, index) =>
    command === undefined ? `${index + 1}. ${action}` : `${index + 1}. ${action}\n\n       ${command}\n`,
  );
  return [
    `# ${runbook.title}`,
    "",
    `**When:** ${runbook.when}`,
    "",
    ...steps,
    "",
    `**Done when:** ${runbook.done}`,
    "",
  ].join("\n");
}
