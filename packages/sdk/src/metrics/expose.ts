import type { Series } from "./family.ts";
import type { Counter, Gauge, Histogram, HistogramChild } from "./kinds.ts";
import { familyName } from "./names.ts";

/** `text` is Prometheus text 0.0.4, `openmetrics` is OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics";

export type AnyMetric = Counter<string> | Gauge<string> | Histogram<string>;

const CONTENT_TYPES: Record<ExpositionFormat, string> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Accept headers are the client's: no more of one is looked at than this. */
const MAX_ACCEPT_LENGTH = 2048;

const TEXT_RANGES = new Set(["text/plain", "text/*", "*/*"]);
const OPENMETRICS_VERSIONS = new Set([undefined, "1.0.0", "0.0.1"]);

/** One range of an `Accept` header: the format that it allows, and how much it is wanted (0 to 1). */
function acceptRange(range: string): { format: ExpositionFormat | null; weight: number } {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  const weight = Number(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? 1);
  const version = parameters.find((one) => one.startsWith("version="))?.slice(8);
  const openmetrics = type === "application/openmetrics-text" && OPENMETRICS_VERSIONS.has(version);
  const format = openmetrics ? "openmetrics" : TEXT_RANGES.has(type) ? "text" : null;
  return { format, weight: weight > 0 ? weight : 0 };
}

/**
 * Chooses the format that a scraper prefers by its `Accept` header (RFC 9110 weights). OpenMetrics wins a tie when it is
 * named; text is the answer to a header that allows neither.
 */
export function contentType(accept?: string | null): {
  format: ExpositionFormat;
  contentType: string;
} {
  const wanted = { text: 0, openmetrics: 0 };
  for (const range of (accept ?? "*/*").slice(0, MAX_ACCEPT_LENGTH).split(",")) {
    const { format, weight } = acceptRange(range);
    if (format !== null) wanted[format] = Math.max(wanted[format], weight);
  }
  const { text, openmetrics } = wanted;
  const format = openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
  return { format, contentType: CONTENT_TYPES[format] };
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}

// OpenMetrics wants `le` as a float, so that 1 and 1.0 cannot be two series.
function bound(value: number, format: ExpositionFormat): string {
  const text = number(value);
  return format === "openmetrics" && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function escapeHelp(help: string, format: ExpositionFormat): string {
  const escaped = help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
  return format === "openmetrics" ? escaped.replace(/"/g, '\\"') : escaped;
}

const UNTYPED: Record<ExpositionFormat, string> = { text: "untyped", openmetrics: "unknown" };

function header(metric: AnyMetric, format: ExpositionFormat): string {
  const name = format === "openmetrics" ? familyName(metric.kind, metric.name) : metric.name;
  let text = "";
  if (metric.help !== "") text += `# HELP ${name} ${escapeHelp(metric.help, format)}\n`;
  text += `# TYPE ${name} ${metric.untyped ? UNTYPED[format] : metric.kind}\n`;
  if (format === "openmetrics" && metric.unit !== "") text += `# UNIT ${name} ${metric.unit}\n`;
  return text;
}

function exposeHistogram(
  metric: Histogram<string>,
  series: Iterable<Series<HistogramChild>>,
  format: ExpositionFormat,
): string {
  const bounds = [...metric.bounds, Infinity].map((value) => bound(value, format));
  // OpenMetrics forbids a sum when observations may be negative: it would not be a counter.
  const withSum = format === "text" || !((metric.bounds[0] ?? 0) < 0);
  let text = "";
  for (const { labels, child } of series) {
    const comma = labels === "" ? "" : `${labels},`;
    const braces = labels === "" ? "" : `{${labels}}`;
    let total = 0;
    for (let at = 0; at < bounds.length; at++) {
      total += child.counts[at] ?? 0;
      text += `${metric.name}_bucket{${comma}le="${bounds[at]}"} ${total}\n`;
    }
    if (withSum) text += `${metric.name}_sum${braces} ${number(child.sum)}\n`;
    text += `${metric.name}_count${braces} ${total}\n`;
  }
  return text;
}

/** One metric with all its series; empty when it has none. */
export function exposeMetric(metric: AnyMetric, format: ExpositionFormat): string {
  if (metric.size === 0) return "";
  let text = header(metric, format);
  if (metric.kind === "histogram") {
    const histogram = metric as Histogram<string>;
    return text + exposeHistogram(histogram, histogram.series(), format);
  }
  for (const { labels, child } of (metric as Counter<string> | Gauge<string>).series()) {
    text += `${metric.name}${labels === "" ? "" : `{${labels}}`} ${number(child.value)}\n`;
  }
  return text;
}
