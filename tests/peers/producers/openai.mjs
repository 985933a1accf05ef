import { createServer } from "node:http";
import { createRequire } from "node:module";

import { OpenAIInstrumentation } from "@opentelemetry/instrumentation-openai";

import { fleet, produce } from "./fleet.mjs";

// It patches what is required from now on; the client is taken the way that it can see.
const instrumentation = new OpenAIInstrumentation();
instrumentation.enable();
const { OpenAI } = createRequire(import.meta.url)("openai");

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        id: "chatcmpl-1",
        object: "chat.completion",
        created: 1,
        model: "gpt-mock-2026",
        choices: [
          { index: 0, finish_reason: "stop", message: { role: "assistant", content: "hello" } },
        ],
        usage: { prompt_tokens: 30, completion_tokens: 3, total_tokens: 33 },
      }),
    );
  });
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));

const client = new OpenAI({
  apiKey: "none",
  baseURL: `http://127.0.0.1:${server.address().port}/v1`,
});
await produce(() =>
  fleet.traceAgentOperation("greeter", "greet", async () => {
    const messages = [{ role: "user", content: "Say hello." }];
    await client.chat.completions.create({ model: "gpt-mock", messages });
  }),
);
server.close();
server.closeAllConnections();
