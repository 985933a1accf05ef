import {
  compileMatcher,
  type LabelMatcher,
  type MatchOp,
  type StoredSeries,
} from "@fleetlight/promql";
import type { FastifyReply } from "fastify";

import {
  badRequest,
  ProtobufError,
  ProtobufReader,
  ProtobufWriter,
  SnappyDecoder,
  snappyEncode,
  SnappyError,
  wordsOf,
} from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { ApiError, badData } from "./errors.ts";
import { signalOf } from "./reply.ts";

/** Samples that one answer holds at most: it is one block of snappy, and so is in memory as a whole. */
const MAX_SAMPLES = 5_000_000;
const MAX_REQUEST_BYTES = 1 << 20;
const MAX_QUERIES = 100;
/** Samples that are written before others get their turn. */
const SAMPLES_PER_TURN = 20_000;
/** By the numbers of `prompb.LabelMatcher.Type`. */
const OPERATORS: readonly MatchOp[] = ["=", "!=", "=~", "!~"];

interface ReadQuery {
  startMs: number;
  endMs: number;
  matchers: LabelMatcher[];
}

function readMatcher(reader: ProtobufReader): LabelMatcher {
  const found: LabelMatcher = { name: "", op: "=", value: "" };
  while (reader.next()) {
    if (reader.field === 1) {
      const op = OPERATORS[reader.uint32()];
      if (op === undefined) throw badData("unknown type of a label matcher");
      found.op = op;
    } else if (reader.field === 2) found.name = reader.string();
    else if (reader.field === 3) found.value = reader.string();
    else reader.skip();
  }
  try {
    compileMatcher(found);
  } catch (error) {
    throw badData(error instanceof Error ? error.message : String(error));
  }
  return found;
}

function readQuery(reader: ProtobufReader): ReadQuery {
  const query: ReadQuery = { startMs: 0, endMs: 0, matchers: [] };
  while (reader.next()) {
    if (reader.field === 1) query.startMs = reader.int64();
    else if (reader.field === 2) query.endMs = reader.int64();
    else if (reader.field === 3)
      query.matchers.push(readMatcher(new ProtobufReader(reader.slice())));
    else reader.skip();
  }
  return query;
}

/** The queries of a `prompb.ReadRequest`. */
function readRequest(body: unknown): ReadQuery[] {
  if (!Buffer.isBuffer(body)) throw badRequest("the body is empty; send a snappy block");
  const queries: ReadQuery[] = [];
  try {
    const reader = new ProtobufReader(new SnappyDecoder().decode(body, MAX_REQUEST_BYTES));
    while (reader.next()) {
      if (reader.field === 1) queries.push(readQuery(new ProtobufReader(reader.slice())));
      else reader.skip();
      if (queries.length > MAX_QUERIES) throw badData(`at most ${MAX_QUERIES} queries are read`);
    }
  } catch (error) {
    if (error instanceof SnappyError || error instanceof ProtobufError)
      throw badData(error.message);
    throw error;
  }
  return queries;
}

type Histogram = NonNullable<NonNullable<StoredSeries["histograms"]>[number]>;
const RESET_HINTS = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 } as const;

/** A `prompb.Histogram` of floats. */
function writeHistogram(writer: ProtobufWriter, histogram: Histogram, timeMs: number): void {
  const spans = (field: number, list: Histogram["positiveSpans"]) => {
    for (const { offset, length } of list)
      writer.message(field, () => {
        writer.sint32(1, offset);
        writer.uint(2, length);
      });
  };
  writer.double(2, histogram.count);
  writer.double(3, histogram.sum);
  writer.sint32(4, histogram.schema);
  writer.double(5, histogram.zeroThreshold);
  writer.double(7, histogram.zeroCount);
  spans(8, histogram.negativeSpans);
  writer.doubles(10, histogram.negativeBuckets);
  spans(11, histogram.positiveSpans);
  writer.doubles(13, histogram.positiveBuckets);
  writer.uint(14, RESET_HINTS[histogram.counterResetHint]);
  writer.int64(15, timeMs);
  writer.doubles(16, histogram.customValues);
}

/** A `prompb.TimeSeries`. */
function writeSeries(writer: ProtobufWriter, { labels, times, values, histograms }: StoredSeries) {
  for (const [name, value] of labels.entries())
    writer.message(1, () => {
      writer.string(1, name);
      writer.string(2, value);
    });
  const words = wordsOf(values);
  for (let i = 0; i < times.length; i++) {
    const histogram = histograms?.[i];
    const timeMs = times[i] ?? 0;
    if (histogram !== undefined) writer.message(4, () => writeHistogram(writer, histogram, timeMs));
    else
      writer.message(2, () => {
        writer.doubleAt(1, words, i);
        writer.int64(2, timeMs);
      });
  }
}

/** The answer to all queries, one after the other. */
class ReadAnswer {
  private readonly writer = new ProtobufWriter();
  private readonly scratch = new ProtobufWriter();
  private samples = 0;

  /** Takes in what one query finds. */
  async add(found: AsyncIterable<readonly StoredSeries[]>): Promise<void> {
    const parts: Uint8Array[] = [];
    let sinceTurn = 0;
    for await (const batch of found)
      for (const series of batch) {
        this.samples += series.times.length;
        if (this.samples > MAX_SAMPLES) throw badData(`exceeded sample limit (${MAX_SAMPLES})`);
        this.scratch.message(1, () => writeSeries(this.scratch, series));
        parts.push(this.scratch.take().slice());
        // The labels of a series cost about as much as a few of its samples.
        sinceTurn += series.times.length + 10;
        if (sinceTurn < SAMPLES_PER_TURN) continue;
        sinceTurn = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    this.writer.message(1, () => {
      for (const part of parts) this.writer.raw(part);
    });
  }

  encode(): Buffer {
    return snappyEncode(this.writer.take());
  }
}

async function answer(doors: Doors, tenant: string, queries: ReadQuery[], reply: FastifyReply) {
  const signal = signalOf(reply);
  const storage = doors.promql.storage(tenant);
  const hints = { stepMs: 0, rangeMs: 0, function: undefined };
  const found = new ReadAnswer();
  for (const { startMs, endMs, matchers } of queries)
    // Both ends are included; the engine's own ranges are open on the left.
    await found.add(storage.select({ matchers, startMs: startMs - 1, endMs, hints }, signal));
  if (signal.aborted) throw new ApiError("canceled", "the client went away");
  return found.encode();
}

/** Remote read: `POST /api/v1/read`, answered with samples, never with chunks. */
export function readRoutes(app: App, doors: Doors): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );
    scope.post(
      "/api/v1/read",
      {
        config: { access: "read" },
        compress: false,
        // The body is a block of snappy, which the server's own decompression does not know.
        decompress: false,
        schema: { tags: ["prometheus"], summary: "Remote read: samples of the series that match" },
      },
      async (request, reply) => {
        const queries = readRequest(request.body);
        const body = await answer(doors, tenantOf(request), queries, reply);
        return reply
          .header("content-type", "application/x-protobuf")
          .header("content-encoding", "snappy")
          .send(body);
      },
    );
  });
}
