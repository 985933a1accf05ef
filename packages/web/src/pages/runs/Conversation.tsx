import type { TraceSpan } from "@fleetlight/contract";
import { useMemo } from "react";

import { hueVariable, huesOf } from "../../charts/colours.ts";
import { Empty } from "../../ui/notes.tsx";
import classes from "./runs.module.css";
import { conversationOf } from "./waterfall.ts";

interface ConversationProps {
  spans: readonly TraceSpan[];
  onPick: (span: string) => void;
}

/** What was said in a run, for people who do not read spans. */
export const Conversation = ({ spans, onPick }: ConversationProps) => {
  const said = useMemo(() => conversationOf(spans), [spans]);
  const hues = useMemo(
    () => huesOf([...new Set(said.map(({ span }) => span.agent).filter(Boolean))]),
    [said],
  );
  if (said.length === 0)
    return (
      <Empty title="Nothing that was said is known">
        <p>
          The program does not send prompts and answers, or <code>traces.keep_content</code> is
          switched off.
        </p>
      </Empty>
    );
  return (
    <ol className={classes["conversation"]}>
      {said.map(({ span, role, text, truncated }, index) => {
        const hue = hues.get(span.agent);
        return (
          <li key={`${span.span_id}/${index}`} data-role={role}>
            <button
              type="button"
              className={classes["speaker"]}
              style={hue === undefined ? {} : { color: hueVariable(hue) }}
              onClick={() => onPick(span.span_id)}
            >
              {span.agent || span.service}
              <span className="dim">
                {role} {span.tool || span.model}
              </span>
            </button>
            <pre tabIndex={0} aria-label={`${role} of ${span.agent || span.service}`}>
              {text}
              {truncated && " …"}
            </pre>
          </li>
        );
      })}
    </ol>
  );
};
