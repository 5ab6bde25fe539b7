import type { Command } from "commander";
import type { DoctorOptions } from "../start/doctor.js";
import { wholeNumber } from "./option-values.js";

export function declareDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "check whether this machine can run a platform: Node.js, PostgreSQL, engine, port, disk, limits, pip, Docker",
    )
    .option("--port <number>", "port that `keelson up` would use", wholeNumber(1, 65_535), 8800)
    .option("--json", "print the result as JSON")
    .action(async (options: DoctorOptions) => (await import("../start/doctor.js")).doctor(options));
}
