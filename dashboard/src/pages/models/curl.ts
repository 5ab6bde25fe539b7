/** A `curl` command that sends the body to the platform. The key is read from the environment. */
export function curlCommand(origin: string, path: string, body: unknown): string {
  return [
    `curl -s ${origin}${path}`,
    '-H "Authorization: Bearer $KEELSON_API_KEY"',
    "-H 'Content-Type: application/json'",
    `-d ${quoted(JSON.stringify(body))}`,
  ].join(" \\\n  ");
}

/** Quoted for POSIX shells: nothing between single quotes is special, and a single quote ends the quotation. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
