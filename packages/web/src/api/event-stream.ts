/** One server-sent event. */
export interface StreamEvent {
  event: string;
  data: unknown;
}

/** Longest event that is waited for. */
const MAX_CHARACTERS = 8 << 20;

function eventOf(block: string): StreamEvent | undefined {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return data.length === 0 ? undefined : { event, data: JSON.parse(data.join("\n")) as unknown };
}

/** Cuts a stream of text into its events, whatever pieces it comes in. */
export class EventCutter {
  #rest = "";

  /** The events that a piece completes. @throws Error when an event has no end. */
  take(piece: string): StreamEvent[] {
    this.#rest += piece;
    const blocks = this.#rest.split("\n\n");
    this.#rest = blocks.pop() ?? "";
    if (this.#rest.length > MAX_CHARACTERS) throw new Error("the stream has an event without end");
    return blocks.flatMap((block) => eventOf(block) ?? []);
  }
}
