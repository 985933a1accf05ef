import type { TraceSpan } from "@fleetlight/contract";
import { CloseButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { runSpanQuery } from "../../api/runs.ts";
import { formatClock } from "../../format/time.ts";
import { formatCount, formatValue } from "../../format/units.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts } from "../../ui/page.tsx";
import { LongText } from "./LongText.tsx";
import { money } from "./run-words.ts";
import classes from "./span-panel.module.css";
import { belowOf, IN_A_CIRCLE, PARENT_MISSING, type SpanTree } from "./span-tree.ts";
import { readable } from "./texts.ts";

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

const tokensOf = ({ input_tokens, output_tokens, cached_tokens, reasoning_tokens }: TraceSpan) =>
  [
    `${formatCount(input_tokens)} in`,
    cached_tokens > 0 && `${formatCount(cached_tokens)} of them cached`,
    `${formatCount(output_tokens)} out`,
    reasoning_tokens > 0 && `${formatCount(reasoning_tokens)} of them to reason`,
  ]
    .filter(Boolean)
    .join(", ");

const costOf = ({ cost_usd, cost_source }: TraceSpan): string => {
  if (cost_usd === null) return "unknown: nobody said a price";
  return `${money(cost_usd)}${cost_source === "reported" ? ", as it was sent" : ", by the price table"}`;
};

function factsOf(span: TraceSpan, own: number | undefined): [string, string][] {
  const took = formatValue(span.duration_seconds, "seconds") + (span.ended ? "" : " so far");
  const used = span.input_tokens + span.output_tokens > 0;
  const facts: [string, string][] = [
    ["Agent", span.agent],
    ["Does", span.operation],
    ["Model", [span.provider, span.model].filter(Boolean).join(" · ")],
    ["Tool", span.tool],
    ["With", span.peer],
    ["Began", formatClock(Number(span.start_ns.slice(0, -6)))],
    ["Lasted", took],
    ["Its own", own === undefined ? "" : `${formatValue(own, "seconds")} in no span below it`],
    ["Service", span.service],
    ["Error", span.status === "error" ? span.error_type || "yes" : ""],
    ["Tokens", used ? tokensOf(span) : ""],
    ["Cost", used ? costOf(span) : ""],
  ];
  return facts.filter(([, value]) => value !== "");
}

const Oddities = ({ odd, parent }: { odd: number; parent: string }) => (
  <>
    {odd === PARENT_MISSING && (
      <p className={classes["odd"]}>
        Its parent <code>{parent}</code> has not come, so it is shown as if it had none. It may be
        late, sampled away, or sent elsewhere.
      </p>
    )}
    {odd === IN_A_CIRCLE && (
      <p className={classes["odd"]}>
        Its chain of parents comes back to itself, so it is shown as if it had none.
      </p>
    )}
  </>
);

const Whole = ({
  span,
  own,
  find,
}: {
  span: TraceSpan;
  own: number | undefined;
  find?: string;
}) => (
  <>
    {span.status_message !== "" && <p className={classes["message"]}>{span.status_message}</p>}
    <Facts rows={factsOf(span, own)} />
    {span.content
      .filter(({ text }) => text !== "")
      .map(({ name, text, truncated }) => (
        <details key={name} className={classes["words"]} open>
          <summary>{name}</summary>
          <LongText label={name} text={readable(text)} truncated={truncated} find={find} mono />
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
  </>
);

interface MatterProps {
  runId: string;
  spanId: string;
  find: string | undefined;
  own: number | undefined;
}

interface SpanPanelProps extends Omit<MatterProps, "own"> {
  tree: SpanTree;
  onClose: () => void;
}

const Matter = ({ runId, spanId, find, own }: MatterProps) => {
  const { data: span, error } = useQuery(runSpanQuery(runId, spanId));
  if (span !== undefined)
    return <Whole span={span} own={own} {...(find !== undefined && { find })} />;
  return error === null ? (
    <SkeletonRows rows={6} height={28} />
  ) : (
    <Failure what="The span could not be loaded" error={error} />
  );
};

/** Seconds of a span in which none below it was at work; undefined when there is none below it. */
function ownSeconds(tree: SpanTree, place: number): number | undefined {
  const line = tree.lineOf[place] ?? 0;
  return belowOf(tree, line) > 0 ? tree.selfOf[place] : undefined;
}

/** Everything of one span, beside the others. */
export const SpanPanel = ({ runId, spanId, tree, find, onClose }: SpanPanelProps) => {
  const place = tree.placeOf.get(spanId);
  const lean = place === undefined ? undefined : tree.spans.at(place);
  const name = lean?.name ?? spanId;
  return (
    <section className={classes["span"]} aria-label={`Span ${name}`}>
      <header>
        <h2>{name}</h2>
        <CloseButton aria-label="Close the span" onClick={onClose} />
      </header>
      {place !== undefined && (
        <Oddities odd={tree.oddOf[place] ?? 0} parent={lean?.parent_span_id ?? ""} />
      )}
      <Matter
        runId={runId}
        spanId={spanId}
        find={find}
        own={place === undefined ? undefined : ownSeconds(tree, place)}
      />
    </section>
  );
};
