import { Agent, request } from "node:http";

import { snappyEncode } from "../../packages/server/src/lib/index.ts";
import { Fleet, SERIES_PER_AGENT } from "./fleet-series.ts";
import { sleep } from "./process.ts";
import { WriteBody } from "./write-body.ts";

/** Sends a fleet's samples by remote write 1.0, in a process of its own that `startSender` forks. */

/** Samples of a request, as in Prometheus' default configuration. */
const PER_BODY = 2000;
const LANES = 4;
const TIMEOUT_MS = 60_000;
/** How long to wait when told to come again later, and how often that is taken for an answer. */
const RETRY_MS = 100;
const MAX_RETRIES = 600;
/** Characters of an answer that are kept, at least. */
const MOST_TOLD = 500;

export interface SenderOptions {
  url: string;
  series: number;
  /** Time of the first scrape. */
  startMs: number;
  intervalMs: number;
}

/** Asks for so many further scrapes of the fleet; a few more when several of them share a request. */
export interface SendRequest {
  ticks: number;
  /** Samples a second; as fast as they are taken when 0. */
  rate: number;
  /** Ends after so many seconds, however much was taken until then. */
  seconds?: number;
}

export interface SendResult {
  kind: "done";
  samples: number;
  seconds: number;
  /** Milliseconds until each request was acknowledged. */
  acknowledgedMs: number[];
  /** Requests that were answered with 400, and answers that asked to come again later. */
  refused: number;
  /** What the first of these said. */
  reason: string;
  later: number;
  error?: string;
}

/** All lanes have sent the scrapes up to this time. */
export interface SendProgress {
  kind: "sent";
  timeMs: number;
}

interface Tally {
  samples: number;
  acknowledgedMs: number[];
  refused: number;
  reason: string;
  later: number;
}

/** Some agents and a connection: what they send arrives in order. */
class Lane {
  private readonly fleet: Fleet;
  private readonly bodies: WriteBody[] = [];
  private readonly perBody: number;
  /** Scrapes that fit into one body. */
  private readonly repeats: number;
  /** Scrapes that were sent. */
  ticks = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly options: SenderOptions;

  constructor(options: SenderOptions, firstAgent: number, series: number) {
    this.options = options;
    this.fleet = new Fleet(firstAgent, series, options.intervalMs);
    this.repeats = Math.max(1, Math.floor(PER_BODY / series));
    this.perBody = Math.min(PER_BODY, series);
    for (let from = 0; from < series; from += this.perBody) {
      const size = Math.min(this.perBody, series - from);
      const labels = Array.from({ length: size }, (_, at) => this.fleet.labels(from + at));
      this.bodies.push(new WriteBody(Array.from({ length: this.repeats }, () => labels).flat()));
    }
  }

  get series(): number {
    return this.fleet.series;
  }

  /** Sends `repeats` further scrapes. */
  async send(tally: Tally, due: (samples: number) => Promise<void>): Promise<void> {
    const { fleet, bodies, perBody, repeats } = this;
    for (let repeat = 0; repeat < repeats; repeat++) {
      fleet.tick();
      const scrapeMs = this.options.startMs + (this.ticks + repeat) * this.options.intervalMs;
      for (const [at, body] of bodies.entries()) {
        const from = at * perBody;
        const size = Math.min(perBody, fleet.series - from);
        for (let slot = 0; slot < size; slot++) {
          const offset = fleet.offsets[Math.floor((from + slot) / SERIES_PER_AGENT)] ?? 0;
          body.set(repeat * size + slot, fleet.values[from + slot] ?? 0, scrapeMs + offset);
        }
        if (repeat < repeats - 1) continue;
        await due(size * repeats);
        await this.deliver(snappyEncode(body.bytes), tally);
        tally.samples += size * repeats;
      }
    }
    this.ticks += repeats;
  }

  private async deliver(body: Buffer, tally: Tally): Promise<void> {
    for (let attempt = 0; attempt < MAX_RETRIES; attempt++) {
      const start = performance.now();
      const { status, text } = await this.post(body);
      if (status === 204 || status === 400) {
        tally.acknowledgedMs.push(performance.now() - start);
        if (status === 400 && tally.refused++ === 0) tally.reason = text;
        return;
      }
      if (status !== 429 && status !== 503)
        throw new Error(`remote write was answered ${status}: ${text}`);
      tally.later++;
      await sleep(RETRY_MS);
    }
    throw new Error(`the server took nothing for ${(MAX_RETRIES * RETRY_MS) / 1000} s`);
  }

  private post(body: Buffer): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/x-protobuf",
        "content-encoding": "snappy",
        "x-prometheus-remote-write-version": "0.1.0",
        "content-length": body.length,
      };
      const post = request(
        `${this.options.url}/api/v1/write`,
        { method: "POST", agent: this.agent, headers, timeout: TIMEOUT_MS },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            if (text.length < MOST_TOLD) text += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
          response.on("error", reject);
        },
      );
      post.on("timeout", () => post.destroy(new Error("no acknowledgement in time")));
      post.on("error", reject);
      post.end(body);
    });
  }
}

function makeLanes(options: SenderOptions): Lane[] {
  const agents = Math.ceil(options.series / SERIES_PER_AGENT);
  const lanes: Lane[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    const from = Math.floor((agents * lane) / LANES);
    const to = Math.floor((agents * (lane + 1)) / LANES);
    const series = Math.min(to * SERIES_PER_AGENT, options.series) - from * SERIES_PER_AGENT;
    if (series > 0) lanes.push(new Lane(options, from, series));
  }
  return lanes;
}

/** Sends what is missing until all lanes have sent so many scrapes. */
async function sendUntil(
  ticks: number,
  { rate, seconds = Infinity }: SendRequest,
  lanes: readonly Lane[],
  { startMs, intervalMs }: SenderOptions,
  onSent: (timeMs: number) => void,
): Promise<SendResult> {
  const tally: Tally = { samples: 0, acknowledgedMs: [], refused: 0, reason: "", later: 0 };
  const series = lanes.reduce((sum, lane) => sum + lane.series, 0);
  const start = performance.now();
  await Promise.all(
    lanes.map(async (lane) => {
      let sent = 0;
      const due = async (samples: number): Promise<void> => {
        const share = (rate * lane.series) / series;
        const ahead = rate === 0 ? 0 : start + (sent / share) * 1000 - performance.now();
        sent += samples;
        if (ahead > 1) await sleep(ahead);
      };
      while (lane.ticks < ticks && performance.now() < start + seconds * 1000) {
        await lane.send(tally, due);
        onSent(startMs + (Math.min(...lanes.map((one) => one.ticks)) - 1) * intervalMs);
      }
    }),
  );
  return { kind: "done", seconds: (performance.now() - start) / 1000, ...tally };
}

if (process.send !== undefined) {
  const options = JSON.parse(process.argv[2] ?? "{}") as SenderOptions;
  const lanes = makeLanes(options);
  process.once("disconnect", () => process.exit());
  let target = 0;
  process.on("message", (asked: SendRequest) => {
    target += asked.ticks;
    const tell = (message: SendResult | SendProgress | { kind: "ready" }) =>
      process.send?.(message);
    const onSent = (timeMs: number) => tell({ kind: "sent", timeMs });
    sendUntil(target, asked, lanes, options, onSent).then(tell, (error: unknown) =>
      tell({
        kind: "done",
        samples: 0,
        seconds: 0,
        acknowledgedMs: [],
        refused: 0,
        reason: "",
        later: 0,
        error: error instanceof Error ? error.message : String(error),
      }),
    );
  });
  process.send({ kind: "ready" });
}
