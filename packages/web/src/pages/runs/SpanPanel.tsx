import type { TraceSpan } from "@fleetlight/contract";
import { CloseButton } from "@mantine/core";

import { formatCount, formatValue } from "../../format/units.ts";
import { Facts } from "../../ui/page.tsx";
import { money } from "./run-words.ts";
import classes from "./runs.module.css";
import { readable } from "./waterfall.ts";

const Words = ({ title, entries }: { title: string; entries: [string, string][] }) =>
  entries.length === 0 ? null : (
    <details className={classes["words"]} open={title === "Attributes"}>
      <summary>
        {title} <span className="dim">{entries.length}</span>
      </summary>
      <dl>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );

function factsOf(span: TraceSpan): [string, string][] {
  const facts: [string, string][] = [
    ["Agent", span.agent],
    ["Does", span.operation],
    ["Model", span.model],
    ["Tool", span.tool],
    ["Lasted", formatValue(span.duration_seconds, "seconds") + (span.ended ? "" : " so far")],
    ["Service", span.service],
    ["Error", span.status === "error" ? span.error_type || "yes" : ""],
  ];
  if (span.input_tokens + span.output_tokens > 0)
    facts.push([
      "Tokens",
      `${formatCount(span.input_tokens)} in, ${formatCount(span.output_tokens)} out`,
    ]);
  if (span.cost_usd !== null) facts.push(["Cost", money(span.cost_usd)]);
  return facts.filter(([, value]) => value !== "");
}

/** Everything of one span, beside the others. */
export const SpanPanel = ({ span, onClose }: { span: TraceSpan; onClose: () => void }) => (
  <section className={classes["span"]} aria-label={`Span ${span.name}`}>
    <header>
      <h2>{span.name}</h2>
      <CloseButton aria-label="Close the span" onClick={onClose} />
    </header>
    {span.status_message !== "" && <p className={classes["message"]}>{span.status_message}</p>}
    <Facts rows={factsOf(span)} />
    {span.content.map(({ name, text, truncated }) => (
      <details key={name} className={classes["words"]} open>
        <summary>{name}</summary>
        <pre tabIndex={0} aria-label={name}>
          {readable(text)}
        </pre>
        {truncated && <p className="dim">The rest was too long to be kept.</p>}
      </details>
    ))}
    <Words
      title="Attributes"
      entries={[
        ...Object.entries(span.attributes),
        ...Object.entries(span.numbers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]),
      ]}
    />
    {span.events.map((event) => (
      <Words
        key={`${event.time_ns}/${event.name}`}
        title={`Event: ${event.name}`}
        entries={Object.entries(event.attributes)}
      />
    ))}
    <Words title="Resource" entries={Object.entries(span.resource)} />
  </section>
);
