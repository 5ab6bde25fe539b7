// Sends one request and prints the response: node request.js '{"url": …, "method": …, "headers": …, "body": …}'
const { url, ...init } = JSON.parse(process.argv[2]);
const answer = await fetch(url, init);
const text = await answer.text();
if (!answer.ok) throw new Error(`${answer.status} ${text}`);
console.log(text);
