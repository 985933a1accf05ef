/** Spans of a small fleet of agents over some hours, for the pages of agents and conversations. */

type Value = string | number | boolean | string[];

const valueOf = (value: Value): object => {
  if (Array.isArray(value))
    return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
  if (typeof value === "boolean") return { boolValue: value };
  return typeof value === "number" ? { doubleValue: value } : { stringValue: value };
};

let spans = 0;
const idOf = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

interface Given {
  trace: number;
  parent?: string;
  /** Seconds before now; endless without `seconds`. */
  ago: number;
  seconds?: number;
  failed?: boolean;
}

function span(name: string, given: Given, attributes: Record<string, Value>) {
  const startMs = Math.round(Date.now() - given.ago * 1000);
  return {
    traceId: idOf(given.trace, 32),
    spanId: idOf(++spans, 16),
    ...(given.parent !== undefined && { parentSpanId: given.parent }),
    name,
    kind: 1,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano:
      given.seconds === undefined ? "0" : `${startMs + Math.round(given.seconds * 1000)}000000`,
    status: given.failed === true ? { code: 2, message: "the tool timed out" } : {},
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) })),
  };
}

/** What an agent does: every so many seconds a task of some length, of which some fail. */
const HABITS = [
  { agent: "researcher", every: 240, seconds: 35, fails: 9, quality: 0.86 },
  { agent: "writer", every: 300, seconds: 80, fails: 20, quality: 0.93 },
  { agent: "reviewer", every: 1100, seconds: 140, fails: 8, quality: 0.74 },
  { agent: "a-scheduler-with-a-rather-long-name", every: 3000, seconds: 6, fails: 5, quality: 0.5 },
  { agent: "flaky", every: 200, seconds: 12, fails: 1, quality: 0.2 },
] as const;

const text = (role: string, content: string) => JSON.stringify([{ role, content }]);

/** A person asks twice, and an agent with a tool answers. */
// oxlint-disable-next-line max-lines-per-function -- one story, told in the order in which it happens
function conversation() {
  const id = { "gen_ai.conversation.id": "support-4711" };
  const chat = {
    ...id,
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 150,
  };
  const run = (trace: number, ago: number) =>
    span(
      "invoke_agent concierge",
      { trace, ago, seconds: 20 },
      {
        ...id,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "concierge",
      },
    );
  const [first, second] = [run(9001, 400), run(9002, 200)];
  return [
    first,
    span(
      "chat gpt-4o",
      { trace: 9001, parent: first.spanId, ago: 399, seconds: 2 },
      {
        ...chat,
        "gen_ai.input.messages": text("user", "Where is my parcel? It was due on Monday."),
        "gen_ai.output.messages": text("assistant", "Let me look that up for you."),
      },
    ),
    span(
      "execute_tool track",
      { trace: 9001, parent: first.spanId, ago: 396, seconds: 3 },
      {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "track_parcel",
        "gen_ai.tool.call.arguments": '{"order":4711}',
        "gen_ai.tool.call.result": '{"state":"in transit"}',
      },
    ),
    span(
      "chat gpt-4o",
      { trace: 9001, parent: first.spanId, ago: 390, seconds: 4 },
      {
        ...chat,
        "gen_ai.output.messages": text(
          "assistant",
          "It left the depot <b>this morning</b> and should reach you tomorrow before noon.",
        ),
      },
    ),
    second,
    span(
      "chat gpt-4o",
      { trace: 9002, parent: second.spanId, ago: 199, seconds: 2 },
      {
        ...chat,
        "gen_ai.input.messages": text("user", "Can a neighbour take it?"),
        "gen_ai.output.messages": text(
          "assistant",
          `Yes. ${"I have left a note with the carrier. ".repeat(50)}`,
        ),
      },
    ),
    span(
      "execute_tool note",
      { trace: 9002, parent: second.spanId, ago: 196, seconds: 1, failed: true },
      {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "leave_note",
      },
    ),
  ];
}

/** @param hours how far back */
export function agentSpans(hours: number): object[] {
  const all: object[] = [...conversation()];
  let trace = 0;
  for (const { agent, every, seconds, fails, quality } of HABITS) {
    let number = 0;
    for (let ago = hours * 3600; ago > seconds; ago -= every) {
      number++;
      const lasts = seconds * (0.4 + ((number * 37) % 100) / 60);
      const failed = fails === 1 ? number % 5 !== 0 : number % fails === 0;
      all.push(
        span(
          `task of ${agent}`,
          { trace: ++trace, ago, seconds: Math.min(lasts, ago - 1), failed },
          {
            "fleetlight.operation": "task",
            "fleetlight.agent": agent,
            "fleetlight.task.type": number % 3 === 0 ? "review" : "draft",
            "fleetlight.workflow.id": `report-${number % 4}`,
            "fleetlight.quality": Math.min(1, quality + ((number % 7) - 3) / 50),
          },
        ),
      );
    }
  }
  all.push(
    span(
      "task of writer",
      { trace: ++trace, ago: 15 },
      {
        "fleetlight.operation": "task",
        "fleetlight.agent": "writer",
      },
    ),
    ...[true, true, false].map((success, index) =>
      span(
        "conflict",
        { trace: ++trace, ago: 900 - index * 200, seconds: 40 },
        {
          "fleetlight.operation": "conflict",
          "fleetlight.agent": "writer",
          "fleetlight.conflict.type": "wording",
          "fleetlight.conflict.agents": ["writer", "reviewer"],
          "fleetlight.conflict.rounds": index + 1,
          "fleetlight.success": success,
        },
      ),
    ),
    span(
      "wait",
      { trace: ++trace, ago: 500, seconds: 30 },
      {
        "fleetlight.operation": "wait",
        "fleetlight.agent": "writer",
        "fleetlight.peer": "researcher",
      },
    ),
  );
  return all;
}

/** Sends them as OpenTelemetry would. */
export async function sendAgentSpans(url: string, hours: number): Promise<void> {
  const answer = await fetch(`${url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: {
            attributes: [{ key: "service.name", value: { stringValue: "e2e-agents" } }],
          },
          scopeSpans: [{ scope: { name: "e2e" }, spans: agentSpans(hours) }],
        },
      ],
    }),
  });
  if (answer.status !== 200) throw new Error(`the spans were not taken: ${answer.status}`);
}
