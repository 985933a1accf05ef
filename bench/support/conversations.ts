import { Dice, hex } from "./dice.ts";
import { OtlpWriter } from "./otlp-writer.ts";

const TOOLS = ["search_web", "read_page", "query_orders", "send_mail", "run_code"] as const;
const SYLLABLES =
  "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu ar en is or un".split(" ");
const WORDS = 4000;
/** What every call of an agent begins with. */
const INSTRUCTION_WORDS = 220;

interface Message {
  role: string;
  parts: readonly object[];
}

/** Words of a language of its own, of which few are frequent and many are rare. */
class Speaker {
  readonly dice: Dice;
  private readonly words: string[];

  constructor(seed: number) {
    this.dice = new Dice(seed);
    const { dice } = this;
    this.words = Array.from({ length: WORDS }, () =>
      Array.from({ length: 1 + dice.below(4) }, () => SYLLABLES[dice.below(25)] ?? "").join(""),
    );
  }

  say(count: number): string {
    const said: string[] = [];
    for (let i = 0; i < count; i++) {
      const at = Math.floor(WORDS * this.dice.share() ** 3);
      said.push((this.words[at] ?? "") + (i % 13 === 12 ? "." : ""));
    }
    return said.join(" ");
  }
}

/** One call of a model, which is told all that was said before. */
export interface Call {
  traceId: Uint8Array;
  conversation: string;
  atMs: number;
  input: string;
  output: string;
}

export interface Plan {
  conversations: number;
  turns: number;
  startMs: number;
  /** Between two turns. */
  turnMs: number;
  /** Whether all turns are one run, or each is a run of its own, as with people who chat. */
  isOneRun: boolean;
}

/** A message that only the first conversation has, in its first turn. */
export const RARE_WORD = "quuxaloo";

/** Calls of many conversations at once, by time. */
export function* calls(plan: Plan): Generator<Call> {
  const speaker = new Speaker(5);
  const { dice } = speaker;
  const instructions = speaker.say(INSTRUCTION_WORDS);
  const all = Array.from({ length: plan.conversations }, (_, i) => ({
    id: `conv-${hex(dice.bytes(6))}`,
    traceId: dice.bytes(16),
    // They begin at different times, so that turns of many lie between two of one.
    startMs: plan.startMs + dice.below(plan.turnMs * 10),
    history: [] as Message[],
    first: i === 0 ? `${RARE_WORD} ` : "",
  }));
  const text = (role: string, content: string): Message => ({
    role,
    parts: [{ type: "text", content }],
  });
  for (let turn = 0; turn < plan.turns; turn++)
    for (const one of all) {
      if (!plan.isOneRun) one.traceId = dice.bytes(16);
      const id = `call_${hex(dice.bytes(12))}`;
      if (turn % 2 === 0) one.history.push(text("user", one.first + speaker.say(35)));
      else
        one.history.push(
          {
            role: "assistant",
            parts: [
              {
                type: "tool_call",
                id,
                name: dice.pick(TOOLS),
                arguments: { query: speaker.say(6), limit: dice.below(50) },
              },
            ],
          },
          { role: "tool", parts: [{ type: "tool_call_response", id, result: speaker.say(120) }] },
        );
      one.first = "";
      const answer = text("assistant", speaker.say(110));
      yield {
        traceId: one.traceId,
        conversation: one.id,
        atMs: one.startMs + turn * plan.turnMs,
        input: JSON.stringify([text("system", instructions), ...one.history]),
        output: JSON.stringify([{ ...answer, finish_reason: "stop" }]),
      };
      one.history.push(answer);
    }
}

/** Calls as spans in one OTLP request. */
export function callBody(calls: readonly Call[]): Uint8Array<ArrayBuffer> {
  const writer = new OtlpWriter();
  const span = ({ traceId, conversation, atMs, input, output }: Call) => {
    const startNs = BigInt(Math.round(atMs)) * 1_000_000n;
    writer.message(1, () => writer.raw(traceId));
    writer.message(2, () => writer.raw(crypto.getRandomValues(new Uint8Array(8))));
    writer.string(5, "chat gpt-4o");
    writer.uint(6, 3);
    writer.fixed64(7, startNs);
    writer.fixed64(8, startNs + 1_500_000_000n);
    writer.attributes(9, {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.agent.name": "writer",
      "gen_ai.conversation.id": conversation,
      "gen_ai.input.messages": input,
      "gen_ai.output.messages": output,
    });
  };
  writer.message(1, () => {
    writer.resource(1, "writer", 1);
    writer.message(2, () => {
      for (const call of calls) writer.message(2, () => span(call));
    });
  });
  return Uint8Array.from(writer.take());
}
