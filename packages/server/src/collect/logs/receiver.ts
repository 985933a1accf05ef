import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { badRequest, FleetlightError, ProtobufError, Turns, type Now } from "#lib";
import type { LogLine, LogStore } from "#store";

import type { InFlight } from "../limits/in-flight.ts";
import type { AnyValue } from "../otlp/model.ts";
import { MAX_LINES, MAX_LINE_CHARACTERS, MAX_TOLD } from "./limits.ts";
import type { IncomingLog, LogRefusal } from "./model.ts";
import { readLogsJson } from "./read-json.ts";
import { LineError, readObject, readText, type ReadLine } from "./read-line.ts";
import { readLogsProtobuf } from "./read-protobuf.ts";
import { TextMemory } from "../spans/text-memory.ts";
import { LineMaker } from "./to-line.ts";

/** What a body takes as objects, in multiples of its length, about. */
const OBJECTS_PER_BYTE = 6;
/** Lines that are written at once: encoding them for the log keeps others waiting. */
const APPEND_LINES = 2000;
/** Further lines of a day that is to come; senders' clocks differ. */
const FUTURE_MS = 3_600_000;
const NS_PER_MS = 1_000_000n;

interface Options {
  logs: LogStore;
  config: () => Pick<Config, "ingest" | "storage" | "traces">;
  now: Now;
  inFlight: InFlight;
  registry: Registry;
}

/** How one request over OTLP ended. */
export interface TakenLogs {
  lines: number;
  refused: number;
  messages: readonly string[];
}

/** How one request of lines ended. */
export interface TakenLines {
  taken: number;
  refused: number;
  /** The first ones that were refused, numbered from 1 as in the body. */
  errors: readonly { line: number; message: string }[];
}

const MESSAGES: Readonly<Record<LogRefusal, string>> = {
  too_old: "older than storage.retention.logs",
  future: "further ahead than an hour",
  malformed: "malformed",
  too_long: `longer than ${MAX_LINE_CHARACTERS} characters`,
  too_many: `there are more than ${MAX_LINES} lines`,
};

/** Takes log lines: over OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/), and as lines of JSON or text. */
export class LogReceiver {
  private readonly options: Options;
  private memory = new TextMemory([]);
  private readonly counters;

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    this.counters = {
      taken: registry.counter({
        name: "fleetlight_ingest_log_lines_total",
        help: "Log lines that were taken.",
      }),
      refused: registry.counter({
        name: "fleetlight_ingest_log_lines_refused_total",
        help: "Log lines, or for malformed whole requests over OTLP, that were refused, by reason.",
        labelNames: ["reason"],
      }),
      lost: registry.counter({
        name: "fleetlight_ingest_log_parts_dropped_total",
        help: "Attributes of log lines beyond the limits, and texts that were cut off.",
        labelNames: ["part"],
      }),
    };
  }

  /**
   * Takes one decompressed body; durable and readable when it resolves. What is refused is in the result, for the
   * answer's partial success.
   * @throws FleetlightError `bad_request` (400), `overloaded` (503); then nothing was taken.
   */
  write(tenant: string, body: Buffer, encoding: "protobuf" | "json"): Promise<TakenLogs> {
    return this.under(body, async () => {
      const maker = this.maker();
      const refused = new Map<LogRefusal, number>();
      const lines: LogLine[] = [];
      await this.options.inFlight.read(body.length, async () => {
        const turns = new Turns();
        for (const { resource, scope, record } of this.decode(body, encoding)) {
          const line = maker.line(record, scope, resource);
          const reason = this.refusal(line);
          if (reason === undefined) lines.push(line);
          else refused.set(reason, (refused.get(reason) ?? 0) + 1);
          if (turns.isLong) await turns.next();
        }
      });
      await this.keep(tenant, lines, refused, maker);
      return {
        lines: lines.length,
        refused: [...refused.values()].reduce((sum, count) => sum + count, 0),
        messages: [...refused].map(
          ([reason, count]) => `${count} log records: ${MESSAGES[reason]}`,
        ),
      };
    });
  }

  /**
   * Takes lines: each a JSON object or plain text; or a list of objects. Those that are refused are told by their number,
   * the others are taken. @param service of lines that do not name one
   * @throws FleetlightError `bad_request` or `body_too_large` for a list that cannot be read, `overloaded` (503).
   */
  writeLines(tenant: string, body: Buffer, service: string): Promise<TakenLines> {
    return this.under(body, async () => {
      const maker = this.maker();
      const refused = new Map<LogRefusal, number>();
      const errors: { line: number; message: string }[] = [];
      const lines: LogLine[] = [];
      const refuse = (line: number, reason: LogRefusal, message: string) => {
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
        if (errors.length < MAX_TOLD) errors.push({ line, message });
      };
      const { max_json_bytes } = this.options.config().ingest;
      await this.options.inFlight.read(body.length, async () => {
        const turns = new Turns();
        for (const { number, read } of readAll(body, max_json_bytes)) {
          try {
            const line = lineOf(read(), service, maker);
            const reason = this.refusal(line);
            if (reason === undefined) lines.push(line);
            else refuse(number, reason, MESSAGES[reason]);
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            refuse(number, error.reason, error.message);
          }
          if (turns.isLong) await turns.next();
        }
      });
      await this.keep(tenant, lines, refused, maker);
      const count = [...refused.values()].reduce((sum, one) => sum + one, 0);
      return { taken: lines.length, refused: count, errors };
    });
  }

  private under<T>(body: Buffer, job: () => Promise<T>): Promise<T> {
    return this.options.inFlight.run(body.length * OBJECTS_PER_BYTE, job);
  }

  private maker(): LineMaker {
    const { keep_content, mask, max_content_characters } = this.options.config().traces;
    const nowNs = BigInt(this.options.now()) * NS_PER_MS;
    if (this.memory.masks !== mask) this.memory = new TextMemory(mask);
    return new LineMaker({
      keepContent: keep_content,
      maxContent: max_content_characters,
      memory: this.memory,
      nowNs,
    });
  }

  private async keep(
    tenant: string,
    lines: readonly LogLine[],
    refused: ReadonlyMap<LogRefusal, number>,
    { losses }: LineMaker,
  ): Promise<void> {
    for (let start = 0; start < lines.length; start += APPEND_LINES) {
      await this.options.inFlight.pause();
      const part = lines.slice(start, start + APPEND_LINES);
      await this.options.logs.append(tenant, part, lines.length - start - part.length);
      this.counters.taken.inc(part.length);
    }
    for (const [reason, count] of refused) this.counters.refused.inc({ reason }, count);
    if (losses.attributes > 0) this.counters.lost.inc({ part: "attributes" }, losses.attributes);
    if (losses.cut > 0) this.counters.lost.inc({ part: "text" }, losses.cut);
  }

  private *decode(body: Buffer, encoding: "protobuf" | "json"): Generator<IncomingLog> {
    try {
      yield* encoding === "json" ? readLogsJson(body) : readLogsProtobuf(body);
    } catch (error) {
      this.counters.refused.inc({ reason: "malformed" });
      throw error instanceof ProtobufError ? badRequest(error.message) : error;
    }
  }

  private refusal({ timeNs }: LogLine): LogRefusal | undefined {
    const { storage, ingest } = this.options.config();
    const nowMs = this.options.now();
    const timeMs = Number(timeNs.slice(0, -6));
    if (timeMs < nowMs - storage.retention.logs) return "too_old";
    return timeMs > nowMs + Math.max(FUTURE_MS, ingest.max_future) ? "future" : undefined;
  }
}

class Refused extends Error {
  readonly reason: LogRefusal;

  constructor(reason: LogRefusal, message: string = MESSAGES[reason]) {
    super(message);
    this.reason = reason;
  }
}

function lineOf({ record, service, scope }: ReadLine, fallback: string, maker: LineMaker): LogLine {
  const name = service || fallback;
  const resource = new Map<string, AnyValue>(name === "" ? [] : [["service.name", name]]);
  return maker.line(record, scope, resource);
}

/** Reads one line. @throws Refused */
function readOne(line: string): ReadLine {
  if (line.length > MAX_LINE_CHARACTERS) throw new Refused("too_long");
  if (!line.startsWith("{")) return readText(line);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Refused("malformed", "it begins like JSON, but is not valid");
  }
  return readEntry(value);
}

function readEntry(value: unknown): ReadLine {
  try {
    return readObject(value);
  } catch (error) {
    throw error instanceof LineError ? new Refused("malformed", error.message) : error;
  }
}

const tooLongList = (maxBytes: number): FleetlightError =>
  new FleetlightError(
    "body_too_large",
    413,
    `a list in JSON may have ${maxBytes} bytes (ingest.max_json_bytes); send one object per line`,
  );

interface Entry {
  number: number;
  read(): ReadLine;
}

const tooMany = (): ReadLine => {
  throw new Refused("too_many");
};

/** The lines of a body that are not empty, by number; or the objects of a list. */
function* readAll(body: Buffer, maxListBytes: number): Generator<Entry> {
  const text = body.toString("utf8");
  if (!/^\s{0,1000}\[\s{0,1000}\{/.test(text)) yield* readLines(text);
  // A list is parsed in one go, which keeps everybody else waiting.
  else if (body.length <= maxListBytes) yield* readList(text);
  else throw tooLongList(maxListBytes);
}

function* readList(text: string): Generator<Entry> {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw badRequest("the body begins like a list of JSON objects, but is not valid JSON");
  }
  for (const [i, value] of (list as unknown[]).entries())
    yield { number: i + 1, read: i < MAX_LINES ? () => readEntry(value) : tooMany };
}

function* readLines(text: string): Generator<Entry> {
  let number = 0;
  let taken = 0;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end).trimEnd();
    start = end < 0 ? text.length : end + 1;
    number++;
    if (line === "") continue;
    yield { number, read: ++taken <= MAX_LINES ? () => readOne(line) : tooMany };
  }
}
