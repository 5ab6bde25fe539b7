/** A page for whoever is woken up: data, so that a target can write it as Markdown, HTML or an alert's annotation. */
export interface Runbook {
  readonly id: string;
  readonly subject: string;
  readonly title: string;
  /** What has been seen when this page is the right one. */
  readonly when: string;
  readonly steps: readonly Step[];
  /** How to know that it is over. */
  readonly done: string;
}

export interface Step {
  readonly action: string;
  /** To be typed as it stands. */
  readonly command?: string;
}

/** The page as Markdown. */
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
