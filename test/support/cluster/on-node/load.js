// Sends requests from eight concurrent clients, each after its previous response, until a file exists:
// node load.js '{"url": …, "headers": …, "body": …, "until": file, "limit": ms}'
// Prints the number of complete responses, the failures, and the longest time in milliseconds without a response.
import { existsSync } from "node:fs";

const { url, headers, body, until, limit } = JSON.parse(process.argv[2]);
const deadline = Date.now() + limit;
const failures = [];
let answered = 0;
let last = performance.now();
let gap = 0;

async function ask() {
  const answer = await fetch(url, { method: "POST", headers, body });
  const text = await answer.text();
  if (!answer.ok || JSON.parse(text).choices.length !== 1) throw new Error(`${answer.status} ${text}`);
  gap = Math.max(gap, performance.now() - last);
  last = performance.now();
  answered += 1;
}

async function caller() {
  while (!existsSync(until) && Date.now() < deadline) {
    try {
      await ask();
    } catch (error) {
      failures.push(String(error.cause ?? error));
      // An unreachable server refuses connections at once: the pause limits the number of counted failures.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

await Promise.all(Array.from({ length: 8 }, caller));
console.log(JSON.stringify({ answered, failed: failures.length, failures: [...new Set(failures)].slice(0, 5), gap }));
