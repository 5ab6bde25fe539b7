import { stripVTControlCharacters } from "node:util";
import { type Command, Option } from "commander";
import type { z } from "zod";
import { KeelsonError } from "../platform-file/errors.js";
import { type Dimension, dimensions, type rowShape, usageAnswer } from "../runtime/usage/shapes.js";
import { askAdmin, callAdmin } from "./admin-api.js";
import { coloursFor } from "./colours.js";
import { addConnectionOptions, type ConnectionOptions, connect } from "./connection.js";
import { readMoment } from "./moment.js";
import { table } from "./table.js";

interface Options extends ConnectionOptions {
  readonly by: string;
  readonly from?: string;
  readonly to?: string;
  readonly organisation?: string;
  readonly model?: string;
  readonly ofKey?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const paint = coloursFor(process.stdout, process.env);
const figures = ["requests", "inputTokens", "outputTokens", "errors", "estimated"] as const;
type Figures = Pick<z.infer<typeof rowShape>, (typeof figures)[number]>;

export function register(program: Command): void {
  addConnectionOptions(program.command("usage"))
    .description("requests and tokens, as the ledger has them")
    .option("--by <dimensions>", "rows by hour, model, key, organisation; several with commas", "model")
    .option("--from <when>", "first moment counted: 2026-05-04, 2026-05-04T13:00:00Z, or 24h for 24 hours ago")
    .option("--to <when>", "first moment not counted any more, written alike")
    .option("-o, --organisation <id>", "of this organisation only")
    .option("-m, --model <name>", "of this model only")
    .option("--of-key <id>", "of this API key only")
    .addOption(new Option("--csv", "print CSV").conflicts("json"))
    .option("--json", "print JSON")
    .action(usage);
}

async function usage(options: Options): Promise<void> {
  const now = Date.now();
  const by = readDimensions(options.by);
  const query = {
    by: by.join(","),
    from: options.from === undefined ? undefined : readMoment("--from", options.from, "ago", now),
    to: options.to === undefined ? undefined : readMoment("--to", options.to, "ago", now),
    organisation: options.organisation,
    model: options.model,
    key: options.ofKey,
  };
  const connection = await connect(options);
  if (options.csv) {
    process.stdout.write(await askAdmin(connection, "/admin/usage", { query: { ...query, format: "csv" } }));
    return;
  }
  const answer = await callAdmin(connection, "/admin/usage", usageAnswer, { query });
  if (options.json) {
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  if (answer.totals.requests === 0) {
    process.stderr.write("nothing was counted in this time\n");
    return;
  }
  const head = [
    ...by.map((dimension) => dimension.toUpperCase()),
    "REQUESTS",
    "INPUT",
    "OUTPUT",
    "ERRORS",
    "ESTIMATED",
  ];
  const body = answer.rows.map((row) => [...by.map((dimension) => nameOf(row[dimension], dimension)), ...cells(row)]);
  const total = [...by.map((_dimension, index) => (index === 0 ? "total" : "")), ...cells(answer.totals)];
  const rows = [head.map(paint.dim), ...body, ...(by.length > 0 && body.length > 1 ? [total.map(paint.bold)] : [])];
  process.stdout.write(table(rightAligned(rows, by.length), ""));
}

function readDimensions(text: string): Dimension[] {
  const words = [...new Set(text.split(",").map((word) => word.trim()))].filter((word) => word !== "");
  return words.map((word) => {
    const dimension = dimensions.find((each) => each === word);
    if (dimension) return dimension;
    throw new KeelsonError("usage/dimension", `--by ${word} is nothing that usage can be summed by`, {
      hint: `there are ${dimensions.join(", ")}`,
      exitCode: 2,
    });
  });
}

function nameOf(value: string | undefined, dimension: Dimension): string {
  if (value === undefined) return "";
  return dimension === "hour" ? value.slice(0, 16).replace("T", " ") : value;
}

function cells(of: Figures): string[] {
  return figures.map((figure) => of[figure].toLocaleString("en-US"));
}

/** Numbers are compared by their ends. */
function rightAligned(rows: readonly (readonly string[])[], from: number): string[][] {
  const width = (column: number): number => Math.max(...rows.map((row) => plainLength(row[column] ?? "")));
  const widths = rows[0]?.map((_cell, column) => width(column)) ?? [];
  return rows.map((row) =>
    row.map((cell, column) => (column < from ? cell : " ".repeat((widths[column] ?? 0) - plainLength(cell)) + cell)),
  );
}

function plainLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
