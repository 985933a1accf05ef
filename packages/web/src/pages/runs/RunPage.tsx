import type { Trace } from "@fleetlight/contract";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { runQuery } from "../../api/runs.ts";
import { formatDateTime } from "../../format/time.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { Conversation } from "./Conversation.tsx";
import { money, RUN_WORDS, runState } from "./run-words.ts";
import { SpanPanel } from "./SpanPanel.tsx";
import { Waterfall } from "./Waterfall.tsx";
import classes from "./runs.module.css";

const route = getRouteApi("/dashboard/runs/$runId");
const back = <BackLink to="/dashboard/runs">Runs</BackLink>;

const Usage = ({ run }: { run: Trace }) => (
  <Panel title="What was used" flush>
    <table className={classes["usage"]}>
      <thead>
        <tr>
          <th>Agent</th>
          <th>Model</th>
          <th className="num">Calls</th>
          <th className="num">Tokens in</th>
          <th className="num">out</th>
          <th className="num">Cost</th>
        </tr>
      </thead>
      <tbody>
        {run.usage.map((one) => (
          <tr key={`${one.agent}/${one.model}`}>
            <td>{one.agent || <span className="dim">no agent</span>}</td>
            <td className="mono">{one.model || <span className="dim">unknown</span>}</td>
            <td className="num">{formatCount(one.calls)}</td>
            <td className="num">{formatCount(one.input_tokens)}</td>
            <td className="num">{formatCount(one.output_tokens)}</td>
            <td className="num">{money(one.cost_usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Panel>
);

const HAND_WORDS: Readonly<Record<Trace["edges"][number]["kind"], string>> = {
  handoff: "handed over to",
  delegation: "asked",
  message: "told",
  wait: "waited for",
};

const Hands = ({ run }: { run: Trace }) => (
  <Panel title="Who asked whom">
    <ul className={classes["hands"]}>
      {run.edges.map(({ from, to, kind }) => (
        <li key={`${from}/${to}/${kind}`}>
          <span>{from}</span>
          <span className="dim">{HAND_WORDS[kind]}</span>
          <span>{to}</span>
        </li>
      ))}
    </ul>
  </Panel>
);

const Matter = ({ run }: { run: Trace }) => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const chosen = run.all_spans.find(({ span_id }) => span_id === search.span);
  const pick = (span?: string) => {
    const { span: _, ...rest } = search;
    void navigate({
      search: span === undefined ? rest : { ...rest, span },
      replace: true,
      resetScroll: false,
    });
  };
  const { view, ...plain } = search;
  return (
    <>
      <SegmentedControl
        className={classes["views"] ?? ""}
        size="xs"
        aria-label="How the run is shown"
        data={[
          { value: "time", label: "Time" },
          { value: "conversation", label: "Conversation" },
        ]}
        value={view ?? "time"}
        onChange={(value) =>
          void navigate({
            search: value === "conversation" ? { ...plain, view: value } : plain,
            replace: true,
            resetScroll: false,
          })
        }
      />
      {run.truncated && (
        <p className="dim">Only the first {plural(run.all_spans.length, "span")} are shown.</p>
      )}
      <div className={classes["matter"]} data-beside={chosen !== undefined || undefined}>
        {view === "conversation" ? (
          <Conversation spans={run.all_spans} onPick={pick} />
        ) : (
          <Waterfall spans={run.all_spans} chosen={search.span} onPick={pick} />
        )}
        {chosen !== undefined && <SpanPanel span={chosen} onClose={() => pick()} />}
      </div>
      <div className={classes["below"]}>
        {run.usage.length > 0 && <Usage run={run} />}
        {run.edges.length > 0 && <Hands run={run} />}
      </div>
    </>
  );
};

/** One run: which agent did what when, what was said, and what it cost. */
export const RunPage = () => {
  const { runId } = route.useParams();
  const { data: run, error } = useQuery(runQuery(runId));
  if (run === undefined)
    return (
      <Page title="Run" before={back}>
        {error === null ? (
          <SkeletonRows rows={12} height={28} />
        ) : (
          <Failure what="The run could not be loaded" error={error} />
        )}
      </Page>
    );
  return (
    <Page
      title={run.workflow || run.name || "Run"}
      lead={`${RUN_WORDS[runState(run)]}. ${plural(run.agents.length, "agent")}, ${plural(run.spans, "span")}, ${plural(run.tool_calls, "call of a tool", "calls of tools")}.`}
      before={back}
    >
      <div className={classes["strip"]}>
        <Facts
          rows={[
            ["Began", formatDateTime(Date.parse(run.start))],
            ["Lasted", formatValue(run.duration_seconds, "seconds")],
            ["Service", run.service],
            [
              "Tokens",
              `${formatCount(run.input_tokens)} in, ${formatCount(run.output_tokens)} out`,
            ],
            ["Cost", money(run.cost_usd)],
            ["Trace", <code key="id">{run.trace_id}</code>],
          ]}
        />
      </div>
      <Matter run={run} />
    </Page>
  );
};
