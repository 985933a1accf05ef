import type { ConversationDetail, ConversationTurn } from "@fleetlight/contract";
import {
  IconAlertTriangleFilled,
  IconArrowRight,
  IconMessage,
  IconTool,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { conversationQuery } from "../../api/agents.ts";
import { agentHue, hueVariable } from "../../charts/colours.ts";
import { formatDateTime, formatWhen } from "../../format/time.ts";
import { formatCount, plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import { AgentLink, AgentSquare } from "../agents/AgentMarks.tsx";
import { money, seconds } from "../agents/words.ts";
import classes from "./conversations.module.css";

const route = getRouteApi("/dashboard/conversations/$conversationId");

/** Letters of a text that stand there unfolded. */
const FOLD = 900;

const PERSON = "User";

/** Who speaks; an agent with the square of its hue. */
const Name = ({ name }: { name: string }) => (
  <b className={classes["speakerName"]}>
    {name !== "" && <AgentSquare id={name} />}
    {name || PERSON}
  </b>
);

const Text = ({ turn: { text, truncated } }: { turn: ConversationTurn }) => {
  const end = text.lastIndexOf(" ", FOLD);
  const shown = text.length <= FOLD * 1.3 ? text : text.slice(0, end > FOLD / 2 ? end : FOLD);
  const rest = text.slice(shown.length);
  return (
    <div className={classes["text"]}>
      {shown}
      {rest !== "" && (
        <details>
          <summary>Show the rest ({formatCount(rest.length)} more letters)</summary>
          {rest}
        </details>
      )}
      {truncated && <p className="dim">The end was not kept.</p>}
    </div>
  );
};

const When = ({ turn: { time, trace_id, span_id } }: { turn: ConversationTurn }) => {
  const now = useNow(60_000);
  return (
    <Link
      to="/dashboard/runs/$runId"
      params={{ runId: trace_id }}
      search={{ span: span_id }}
      className={classes["at"]}
      title={formatDateTime(Date.parse(time))}
      aria-label={`In its run, ${formatDateTime(Date.parse(time))}`}
    >
      {formatWhen(Date.parse(time), now)}
    </Link>
  );
};

const Sentence = ({
  icon,
  turn,
  children,
}: {
  icon: ReactNode;
  turn: ConversationTurn;
  children: ReactNode;
}) => (
  <p className={classes["sentence"]}>
    {icon}
    <span>{children}</span>
    <When turn={turn} />
  </p>
);

const Turn = ({ turn }: { turn: ConversationTurn }) => {
  const { kind, from, to, text, failed } = turn;
  if (kind === "tool")
    return (
      <>
        <Sentence icon={<IconTool size={14} aria-hidden />} turn={turn}>
          <Name name={from} /> used <b>{to}</b>
          {failed && <span className={classes["failed"]}>, which failed</span>}
          <span className="dim"> {seconds(turn.duration_seconds)}</span>
        </Sentence>
        {text !== "" && (
          <details className={classes["given"]}>
            <summary>What it was given and gave back</summary>
            <pre tabIndex={0} aria-label={`What ${to} was given and gave back`}>
              {text}
            </pre>
          </details>
        )}
      </>
    );
  if (kind === "handoff" || kind === "message")
    return (
      <Sentence
        icon={
          kind === "message" ? (
            <IconMessage size={14} aria-hidden />
          ) : (
            <IconArrowRight size={14} aria-hidden />
          )
        }
        turn={turn}
      >
        <Name name={from} /> {kind === "message" ? "wrote to" : "asked"} <Name name={to} />
        {kind === "handoff" && " to go on"}
        {text !== "" && <span className="dim"> ({text})</span>}
      </Sentence>
    );
  if (kind === "error")
    return (
      <Sentence icon={<IconAlertTriangleFilled size={14} aria-hidden />} turn={turn}>
        <span className={classes["failed"]}>
          <Name name={from} /> failed: {text}
        </span>
      </Sentence>
    );
  return (
    <div className={classes["said"]}>
      <p className={classes["speaker"]}>
        <Name name={from} />
        <span className="dim">
          {turn.output_tokens + turn.input_tokens > 0 &&
            `${formatCount(turn.input_tokens + turn.output_tokens)} tokens, ${money(turn.cost_usd)}`}
        </span>
        <When turn={turn} />
      </p>
      <Text turn={turn} />
    </div>
  );
};

const Lead = ({ data }: { data: ConversationDetail }) => (
  <span className={classes["strip"]}>
    {data.agents.map((agent) => (
      <AgentLink key={agent} id={agent} />
    ))}
    <span>{plural(data.turns, "run")}</span>
    <span>{formatCount(data.input_tokens + data.output_tokens)} tokens</span>
    <span>{data.cost_usd === null ? "cost not known" : money(data.cost_usd)}</span>
    {data.errors > 0 && <span className={classes["failed"]}>{plural(data.errors, "error")}</span>}
    <span>
      last <Ago at={data.last} />
    </span>
  </span>
);

const back = <BackLink to="/dashboard/conversations">Conversations</BackLink>;

/** One conversation over all its runs, for people who do not read spans. */
export const ConversationPage = () => {
  const { conversationId } = route.useParams();
  const { data, error } = useQuery(conversationQuery(conversationId));
  if (data === undefined)
    return (
      <Page title="Conversation" before={back}>
        {error === null ? (
          <SkeletonRows rows={8} height={56} />
        ) : (
          <Failure what={`The conversation ${conversationId} could not be loaded`} error={error} />
        )}
      </Page>
    );
  return (
    <Page title={data.title || "Conversation"} before={back} lead={<Lead data={data} />}>
      <p className={classes["id"]}>
        <span className="dim">Id</span> <span className="mono">{data.id}</span>
      </p>
      {data.said.length === 0 ? (
        <div className={classes["sheet"]}>
          <Empty title="Nothing that was said is known">
            <p>
              The program does not send prompts and answers, or <code>traces.keep_content</code> is
              switched off.
            </p>
          </Empty>
        </div>
      ) : (
        <ol className={classes["thread"]} aria-label="What was said">
          {data.said.map((turn, index) => (
            <li
              key={`${turn.span_id}/${index}`}
              data-kind={turn.kind}
              style={
                turn.kind === "agent"
                  ? { borderInlineStartColor: hueVariable(agentHue(turn.from)) }
                  : {}
              }
            >
              <Turn turn={turn} />
            </li>
          ))}
        </ol>
      )}
      {data.truncated && (
        <p className="dim">There is more than is shown; the runs themselves have all of it.</p>
      )}
    </Page>
  );
};
