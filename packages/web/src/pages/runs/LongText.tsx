import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";

import { formatCount } from "../../format/units.ts";
import classes from "./long-text.module.css";
import { beginningOf, pieces } from "./texts.ts";

interface LongTextProps {
  /** Who says it, or what it is; for people who do not see it. */
  label: string;
  text: string;
  /** The rest was too long to be kept. */
  truncated: boolean;
  /** Words that are marked. */
  find?: string | undefined;
  mono?: boolean;
}

const Copy = ({ label, text }: Pick<LongTextProps, "label" | "text">) => {
  const { copied, copy } = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={copied ? "Copied" : "Copy"} withArrow>
      <ActionIcon
        className={classes["copy"] ?? ""}
        variant="default"
        size={26}
        aria-label={copied ? "Copied" : `Copy ${label}`}
        onClick={() => copy(text)}
      >
        {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
};

/** Text of a span, never taken for markup: folded while it is long, with a button that copies all of it. */
export const LongText = ({ label, text, truncated, find, mono = false }: LongTextProps) => {
  const [open, setOpen] = useState(false);
  const beginning = beginningOf(text);
  const hasHit = find !== undefined && pieces(text, find).some(({ found }) => found);
  const shown = open || hasHit || beginning === undefined ? text : beginning;
  return (
    <div className={classes["block"]}>
      <pre tabIndex={0} aria-label={label} data-mono={mono || undefined}>
        {pieces(shown, find).map(({ text: part, found }, at) =>
          found ? <mark key={at}>{part}</mark> : part,
        )}
        {shown.length < text.length && " …"}
      </pre>
      <Copy label={label} text={text} />
      {beginning !== undefined && !hasHit && (
        <button type="button" className={classes["more"]} onClick={() => setOpen(!open)}>
          {open ? "Show less" : `Show all ${formatCount(text.length)} letters`}
        </button>
      )}
      {truncated && <p className="dim">The rest was too long to be kept.</p>}
    </div>
  );
};
