import { createInterface } from "node:readline";

/** Serves calls over stdin and stdout: `{id, method, argument}` as a line, answered by `{id, value}` or `{id, error}`. */
export function serve(methods) {
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, argument } = JSON.parse(line);
    methods[method](argument).then(
      (value) => console.log(JSON.stringify({ id, value })),
      (error) => console.log(JSON.stringify({ id, error: String(error.message) })),
    );
  });
}
