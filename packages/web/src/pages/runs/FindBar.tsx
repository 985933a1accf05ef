import { ActionIcon, CloseButton } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconSearch } from "@tabler/icons-react";
import type { KeyboardEvent } from "react";
import { useState } from "react";

import { formatCount } from "../../format/units.ts";
import { nextHit, type Found } from "./find-spans.ts";
import classes from "./run.module.css";

interface FindBarProps {
  find: string;
  found: Found | undefined;
  /** What is not searched, if anything. */
  note: string | undefined;
  onFind: (find: string) => void;
  onHit: (line: number) => void;
}

/** Looks for words in the spans and texts of a run, and walks through the hits. */
export const FindBar = ({ find, found, note, onFind, onHit }: FindBarProps) => {
  const [at, setAt] = useState(-1);
  const place = found === undefined ? -1 : found.lines.indexOf(at);
  const go = (step: 1 | -1) => {
    const hit = found === undefined ? undefined : nextHit(found, at, step);
    if (hit === undefined) return;
    setAt(hit.line);
    onHit(hit.line);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") onFind("");
    else return;
    event.preventDefault();
  };
  const count =
    find === "" || found === undefined
      ? ""
      : found.count === 0
        ? "nothing"
        : `${place === -1 ? "" : `${formatCount(place + 1)} of `}${formatCount(found.count)}`;
  return (
    <div className={classes["find"]} role="search" title={note}>
      <IconSearch size={15} aria-hidden />
      <input
        aria-label="Find in this run"
        placeholder="Find in spans and texts"
        autoComplete="off"
        spellCheck={false}
        value={find}
        onChange={(event) => {
          setAt(-1);
          onFind(event.currentTarget.value);
        }}
        onKeyDown={onKey}
      />
      <span className={classes["hits"]} role="status">
        {count}
      </span>
      {find !== "" && (
        <>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={26}
            aria-label="Previous hit"
            disabled={(found?.count ?? 0) === 0}
            onClick={() => go(-1)}
          >
            <IconChevronUp size={15} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={26}
            aria-label="Next hit"
            disabled={(found?.count ?? 0) === 0}
            onClick={() => go(1)}
          >
            <IconChevronDown size={15} />
          </ActionIcon>
          <CloseButton size="sm" aria-label="Clear the search" onClick={() => onFind("")} />
        </>
      )}
    </div>
  );
};
