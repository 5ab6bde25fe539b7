import { usageRoutes } from "../../contracts/routes/usage.js";
import {
  USAGE_DIMENSIONS,
  USAGE_FIGURES,
  type UsageDimension,
  type UsageFigure,
  type UsageFigures,
  type UsageRow,
} from "../../contracts/usage.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { callAdmin, fetchText } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { coloursFor, visibleLength } from "../terminal/colours.js";
import { readMoment } from "../terminal/moment.js";
import { print, printDocument, printError, printJson } from "../terminal/output.js";
import { table } from "../terminal/table.js";

export interface UsageOptions extends ConnectionOptions {
  readonly by: string;
  readonly from?: string;
  readonly to?: string;
  readonly organisation?: string;
  readonly model?: string;
  readonly ofKey?: string;
  readonly drills?: boolean;
  readonly top?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const paint = coloursFor(process.stdout, process.env);

const HEADINGS = {
  requests: "REQUESTS",
  inputTokens: "INPUT",
  outputTokens: "OUTPUT",
  errors: "ERRORS",
  estimated: "ESTIMATED",
} satisfies Record<UsageFigure, string>;

/** `keelson usage`. */
export async function usage(options: UsageOptions): Promise<void> {
  const now = Date.now();
  const by = readDimensions(options.by);
  const query = {
    by: by.join(","),
    from: options.from === undefined ? undefined : readMoment("--from", options.from, "ago", now),
    to: options.to === undefined ? undefined : readMoment("--to", options.to, "ago", now),
    organisation: options.organisation,
    model: options.model,
    key: options.ofKey,
    ...(options.drills && { drills: "include" as const }),
    top: options.top,
  };
  const connection = await connect(options);
  if (options.csv) {
    printDocument(await fetchText(connection, usageRoutes.readUsage, { query: { ...query, format: "csv" } }));
    return;
  }
  const report = await callAdmin(connection, usageRoutes.readUsage, { query });
  if (options.json) {
    printJson(report);
    return;
  }
  if (report.totals.requests === 0) {
    printError("no usage in this range\n");
    return;
  }
  const head = [...by.map((dimension) => dimension.toUpperCase()), ...USAGE_FIGURES.map((figure) => HEADINGS[figure])];
  const keyName = (id: string): string => {
    const name = report.keyNames?.[id];
    return name === undefined ? id : `${name} (${id})`;
  };
  const body = report.rows.map((row) => [...by.map((dimension) => nameOf(row, dimension, keyName)), ...cells(row)]);
  const total = [...by.map((_dimension, index) => (index === 0 ? "total" : "")), ...cells(report.totals)];
  const rows = [head.map(paint.dim), ...body, ...(by.length > 0 && body.length > 1 ? [total.map(paint.bold)] : [])];
  print(table(rightAligned(rows, by.length), ""));
}

function readDimensions(text: string): UsageDimension[] {
  const words = [...new Set(text.split(",").map((word) => word.trim()))].filter((word) => word !== "");
  return words.map((word) => {
    const dimension = USAGE_DIMENSIONS.find((each) => each === word);
    if (dimension) return dimension;
    throw new KeelsonError("usage/dimension", `unknown dimension '${word}' for --by`, {
      hint: `available dimensions: ${USAGE_DIMENSIONS.join(", ")}`,
    });
  });
}

function nameOf(row: UsageRow, dimension: UsageDimension, keyName: (id: string) => string): string {
  const value = row[dimension];
  if (value === undefined) return "";
  switch (dimension) {
    case "minute":
    case "hour":
      return value.slice(0, 16).replace("T", " ");
    case "day":
      return value.slice(0, 10);
    case "key":
      return keyName(value);
    default:
      return value;
  }
}

function cells(row: UsageFigures): string[] {
  return USAGE_FIGURES.map((figure) => row[figure].toLocaleString("en-US"));
}

/** Aligns the columns from `from` on to the right, so that digits of the same place value are aligned. */
function rightAligned(rows: readonly (readonly string[])[], from: number): string[][] {
  const width = (column: number): number => Math.max(...rows.map((row) => visibleLength(row[column] ?? "")));
  const widths = rows[0]?.map((_cell, column) => width(column)) ?? [];
  return rows.map((row) =>
    row.map((cell, column) => (column < from ? cell : " ".repeat((widths[column] ?? 0) - visibleLength(cell)) + cell)),
  );
}
