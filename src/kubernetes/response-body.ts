/** A page of a list has at most 500 objects; etcd stores none above 1.5 MiB, and those of a platform are small. */
const MAX_RESPONSE_BYTES = 64 * 2 ** 20;
/** One object, encoded as JSON. */
const MAX_EVENT_BYTES = 16 * 2 ** 20;

/** A response that is larger than the Kubernetes API sends. */
export class ResponseTooLarge extends Error {
  constructor(bytes: number) {
    super(`it is larger than ${bytes / 2 ** 20} MiB`);
  }
}

/** The text of a body. Ends the connection and throws `ResponseTooLarge` beyond `maximum` bytes. */
export async function textOf(body: AsyncIterable<unknown>, maximum = MAX_RESPONSE_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const buffer = bufferOf(chunk);
    bytes += buffer.length;
    if (bytes > maximum) throw new ResponseTooLarge(maximum);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The lines of a body as they arrive, without empty ones. Throws `ResponseTooLarge` at a line beyond `maximum` bytes. */
export async function* linesOf(body: AsyncIterable<unknown>, maximum = MAX_EVENT_BYTES): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    let rest = bufferOf(chunk);
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString("utf8");
      parts = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== "") yield line;
    }
    bytes += rest.length;
    if (bytes > maximum) throw new ResponseTooLarge(maximum);
    if (rest.length > 0) parts.push(rest);
  }
}

const LINE_FEED = 0x0a;

function bufferOf(chunk: unknown): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}
