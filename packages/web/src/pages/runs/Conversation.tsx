import { IconArrowRight, IconTool } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { runTextsQuery } from "../../api/runs.ts";
import { hueVariable, huesOf } from "../../charts/colours.ts";
import { formatClock } from "../../format/time.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import classes from "./conversation.module.css";
import { conversationOf, PERSON, type Said, type Turn, type Used } from "./conversation.ts";
import { LongText } from "./LongText.tsx";

interface TurnProps<T> {
  turn: T;
  find: string | undefined;
  colour: (name: string) => string | undefined;
  onPick: (span: string) => void;
}

const Name = ({ name, colour }: { name: string; colour: string | undefined }) => (
  <b style={colour === undefined ? {} : { color: colour }}>{name}</b>
);

const Words = ({ turn, find, colour, onPick }: TurnProps<Said>) => {
  const { span, who, to, text, truncated, role } = turn;
  const matter = (
    <LongText label={`${who} to ${to}`} text={text} truncated={truncated} find={find} />
  );
  return (
    <>
      <button type="button" className={classes["speaker"]} onClick={() => onPick(span.span_id)}>
        <Name name={who} colour={colour(who)} />
        <IconArrowRight size={12} aria-label="to" />
        <Name name={to} colour={colour(to)} />
        <span className="dim">
          {span.model} {formatClock(Number(turn.atNs / 1_000_000n))}
        </span>
      </button>
      {role === "system" ? (
        <details className={classes["quiet"]}>
          <summary>How {to} was told to behave</summary>
          {matter}
        </details>
      ) : (
        matter
      )}
    </>
  );
};

const Tool = ({ turn, find, colour, onPick }: TurnProps<Used>) => {
  const { span, who, tool, given, answer, truncated } = turn;
  const failed = span.status === "error";
  return (
    <>
      <button type="button" className={classes["sentence"]} onClick={() => onPick(span.span_id)}>
        <IconTool size={14} aria-hidden />
        <span>
          <Name name={who} colour={colour(who)} /> used <b>{tool}</b>
          {failed ? (
            <span className={classes["failed"]}>
              , which failed{span.error_type !== "" && ` with ${span.error_type}`}
            </span>
          ) : (
            span.ended === false && ", which goes on"
          )}
          <span className="dim"> {formatValue(span.duration_seconds, "seconds")}</span>
        </span>
      </button>
      {(given !== "" || answer !== "") && (
        <details className={classes["quiet"]}>
          <summary>
            {answer === "" ? "What it was given" : "What it was given and gave back"}
          </summary>
          {given !== "" && (
            <LongText
              label={`given to ${tool}`}
              text={given}
              truncated={truncated}
              find={find}
              mono
            />
          )}
          {answer !== "" && (
            <LongText
              label={`answer of ${tool}`}
              text={answer}
              truncated={truncated}
              find={find}
              mono
            />
          )}
        </details>
      )}
    </>
  );
};

const OneTurn = (props: TurnProps<Turn>) => {
  const { turn, colour } = props;
  if (turn.kind === "tool") return <Tool {...props} turn={turn} />;
  if (turn.kind === "said") return <Words {...props} turn={turn} />;
  return (
    <button
      type="button"
      className={classes["sentence"]}
      onClick={() => props.onPick(turn.span.span_id)}
    >
      <IconArrowRight size={14} aria-hidden />
      <span>
        <Name name={turn.who} colour={colour(turn.who)} /> asked{" "}
        <Name name={turn.to} colour={colour(turn.to)} /> to go on
      </span>
    </button>
  );
};

interface ConversationProps {
  runId: string;
  find: string | undefined;
  onPick: (span: string) => void;
}

/** Turns that are drawn; a browser has to lay out all of them. */
const MAX_TURNS = 1000;

/** What was said in a run, for people who do not read spans. */
export const Conversation = ({ runId, find, onPick }: ConversationProps) => {
  const { data, error } = useQuery(runTextsQuery(runId));
  const turns = useMemo(() => conversationOf(data?.all_spans ?? []), [data]);
  const hues = useMemo(() => huesOf(data?.agents ?? []), [data]);
  const colour = (name: string) => {
    const hue = hues.get(name);
    return hue === undefined ? undefined : hueVariable(hue);
  };
  if (data === undefined)
    return error === null ? (
      <SkeletonRows rows={8} height={56} />
    ) : (
      <Failure what="The texts could not be loaded" error={error} />
    );
  if (turns.length === 0)
    return (
      <Empty title="Nothing that was said is known">
        <p>
          The program does not send prompts and answers, or <code>traces.keep_content</code> is
          switched off.
        </p>
      </Empty>
    );
  return (
    <>
      <ol className={classes["conversation"]} aria-label="What was said">
        {turns.slice(0, MAX_TURNS).map((turn, index) => (
          <li
            key={`${turn.span.span_id}/${index}`}
            data-kind={turn.kind}
            data-person={turn.kind === "said" && turn.who === PERSON ? true : undefined}
          >
            <OneTurn turn={turn} find={find} colour={colour} onPick={onPick} />
          </li>
        ))}
      </ol>
      {turns.length > MAX_TURNS && (
        <p className="dim">{plural(turns.length - MAX_TURNS, "later turn")} are not shown.</p>
      )}
    </>
  );
};
