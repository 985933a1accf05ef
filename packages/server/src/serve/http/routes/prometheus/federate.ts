import { setImmediate as nextTurn } from "node:timers/promises";

import { formatFloat, isStale, Labels, type StoredSeries } from "@fleetlight/promql";
import { badRequest } from "#lib";
import { sortInTurns } from "#query";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { ApiError } from "./errors.ts";
import { Params } from "./params.ts";
import { sendPieces, signalOf } from "./reply.ts";

const NAME = "__name__";
/** Series that are looked at before others get their turn. */
const SERIES_PER_TURN = 2000;
/** Bytes of text that are handed on at once. */
const PIECE_CHARS = 64 * 1024;
const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Newest sample of a series. */
interface Sample {
  labels: Labels;
  timeMs: number;
  value: number;
}

/** How names that older clients cannot read are written; the client says it in `Accept`. */
type Escaping = "allow-utf-8" | "underscores";

export const escapingOf = (accept: string | undefined): Escaping =>
  /escaping=allow-utf-8/i.test(accept ?? "") ? "allow-utf-8" : "underscores";

const quote = (text: string): string =>
  `"${text.replace(/[\\\n"]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`;

/** Characters that a legacy name cannot hold become `_`, as upstream does for clients of before 3.0. */
const underscored = (name: string, first: RegExp): string =>
  [...name]
    .map((char, i) => (/[a-zA-Z0-9_:]/.test(char) && !(i === 0 && !first.test(char)) ? char : "_"))
    .join("");

function metricName(name: string, escaping: Escaping): string {
  if (LEGACY_NAME.test(name)) return name;
  return escaping === "underscores" ? underscored(name, /[a-zA-Z_:]/) : quote(name);
}

function labelName(name: string, escaping: Escaping): string {
  if (LEGACY_LABEL.test(name)) return name;
  if (escaping === "allow-utf-8") return quote(name);
  return underscored(name, /[a-zA-Z_]/).replaceAll(":", "_");
}

/** One line of the text format; an absent `instance` is written empty, so that the scraper adds none of its own. */
export function sampleLine({ labels, timeMs, value }: Sample, escaping: Escaping): string {
  const name = metricName(labels.get(NAME) ?? "", escaping);
  const quoted = name.startsWith('"');
  const pairs = quoted ? [name] : [];
  for (const [label, text] of labels.entries())
    if (label !== NAME) pairs.push(`${labelName(label, escaping)}=${quote(text)}`);
  if (!labels.has("instance")) pairs.push('instance=""');
  return `${quoted ? "" : name}{${pairs.join(",")}} ${formatFloat(value)} ${timeMs}\n`;
}

/** The newest sample, unless it is a stale marker or a native histogram, which the text format cannot carry. */
function newest({ labels, times, values, histograms }: StoredSeries): Sample | undefined {
  const last = times.length - 1;
  if (last < 0 || histograms?.[last] !== undefined || isStale(values, last)) return undefined;
  if (!labels.has(NAME)) return undefined;
  return { labels, timeMs: times[last] ?? 0, value: values[last] ?? 0 };
}

function* exposition(samples: readonly Sample[], escaping: Escaping): Generator<Buffer> {
  let text = "";
  let family: string | undefined;
  for (const sample of samples) {
    const name = sample.labels.get(NAME) ?? "";
    if (name !== family) text += `# TYPE ${metricName(name, escaping)} untyped\n`;
    family = name;
    text += sampleLine(sample, escaping);
    if (text.length < PIECE_CHARS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** Labels that a series has not got itself, so that who federates several servers can tell them apart. */
const withLabels =
  (added: readonly [string, string][]) =>
  (sample: Sample): Sample => ({
    ...sample,
    labels: Labels.from([
      ...added.filter(([name]) => !sample.labels.has(name)),
      ...sample.labels.entries(),
    ]),
  });

export function federateRoutes(app: App, doors: Doors): void {
  app.get(
    "/federate",
    {
      config: { access: "read" },
      compress: false,
      schema: {
        tags: ["prometheus"],
        summary: "Newest samples of the series that match, in the text format",
      },
    },
    async (request, reply) => {
      const params = new Params(request);
      const selectors = params.selectors();
      const endMs = doors.now();
      const { lookback_delta: lookback, max_series_answer: most } = doors.config().query;
      const storage = doors.promql.storage(tenantOf(request));
      const signal = signalOf(reply);
      const found: Sample[] = [];
      // One selector finds every series once.
      const seen = selectors.length > 1 ? new Set<string>() : undefined;
      let looked = 0;
      for (const matchers of selectors) {
        const hints = { stepMs: 0, rangeMs: 0, function: undefined };
        const asked = { matchers, startMs: endMs - lookback, endMs, hints };
        for await (const batch of storage.select(asked, signal))
          for (const series of batch) {
            if (++looked % SERIES_PER_TURN === 0) await nextTurn();
            const sample = newest(series);
            if (sample === undefined || seen?.has(sample.labels.key) === true) continue;
            seen?.add(sample.labels.key);
            found.push(sample);
            if (found.length > most)
              throw badRequest(`more than ${most} series match (query.max_series_answer)`);
          }
      }
      if (signal.aborted) throw new ApiError("canceled", "the client went away");
      const samples = await sortInTurns(
        found,
        (a, b) =>
          compareNames(a.labels.get(NAME), b.labels.get(NAME)) ||
          Labels.compare(a.labels, b.labels),
      );
      const external = Object.entries(doors.config().global.external_labels);
      const shown = external.length === 0 ? samples : samples.map(withLabels(external));
      const escaping = escapingOf(request.headers.accept);
      const type = `text/plain; version=0.0.4; charset=utf-8; escaping=${escaping}`;
      return sendPieces(request, reply, type, exposition(shown, escaping));
    },
  );
}

const compareNames = (a = "", b = ""): number => (a < b ? -1 : a > b ? 1 : 0);
