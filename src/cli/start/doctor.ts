import { type Assessment, assess } from "../../local/doctor/assess.js";
import { machineFacts } from "../../local/doctor/facts.js";
import { type Colours, coloursFor } from "../terminal/colours.js";
import { print, printJson } from "../terminal/output.js";
import { table } from "../terminal/table.js";
import { minimumNodeVersion } from "../version.js";

export interface DoctorOptions {
  readonly port: number;
  readonly json?: boolean;
}

/** `keelson doctor`. Exit code 1 if `keelson up` cannot work on this machine. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const assessments = assess(await machineFacts(options.port), minimumNodeVersion());
  if (options.json) printJson({ checks: assessments });
  else show(assessments, coloursFor(process.stdout, process.env));
  if (assessments.some(({ health }) => health === "problem")) process.exitCode = 1;
}

function show(assessments: readonly Assessment[], paint: Colours): void {
  const mark = { ok: paint.green, note: paint.dim, warning: paint.yellow, problem: paint.red };
  const rows = assessments.flatMap(({ subject, health, found, hint }) => [
    [mark[health](health), subject, found],
    ...(hint === undefined ? [] : [["", "", paint.dim(hint)]]),
  ]);
  print(table(rows, ""));
  const problems = assessments.filter(({ health }) => health === "problem").length;
  print(
    problems === 0
      ? "\nkeelson up works on this machine\n"
      : `\nkeelson up cannot work before ${problems} of these ${problems === 1 ? "is" : "are"} fixed\n`,
  );
}
