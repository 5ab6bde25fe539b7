// Sends one prompt with the official client, not streamed and then streamed: node chat.js '{"client": …, "question": …}'
import OpenAI from "openai";

const { client: settings, question } = JSON.parse(process.argv[2]);
const client = new OpenAI(settings);
const whole = await client.chat.completions.create(question);
let streamed = "";
for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
}
const tokens = whole.usage.completion_tokens;
console.log(JSON.stringify({ whole: whole.choices[0].message.content, streamed, tokens }));
