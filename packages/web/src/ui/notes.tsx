import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconAlertTriangleFilled, IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { ApiError } from "../api/client.ts";
import classes from "./notes.module.css";

/** A command to copy. */
export const Snippet = ({ text, label }: { text: string; label: string }) => {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <div className={classes["snippet"]}>
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <Tooltip label={clipboard.copied ? "Copied" : "Copy"} withArrow>
        <ActionIcon
          className={classes["copy"] ?? ""}
          variant="default"
          size={28}
          onClick={() => clipboard.copy(text)}
          aria-label={clipboard.copied ? "Copied" : `Copy ${label}`}
        >
          {clipboard.copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
};

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  /** Said beside a quiet pulse: what the page is waiting for. */
  waiting?: string;
}

/** What a list says when there is nothing in it: why, and how to fill it. */
export const Empty = ({ icon, title, children, waiting }: EmptyProps) => (
  <div className={classes["empty"]}>
    {icon !== undefined && <div className={classes["emptyIcon"]}>{icon}</div>}
    <p className={classes["emptyTitle"]}>{title}</p>
    {children !== undefined && <div className={classes["emptyBody"]}>{children}</div>}
    {waiting !== undefined && (
      <p className={classes["waiting"]}>
        <span className={classes["pulse"]} aria-hidden />
        {waiting}
      </p>
    )}
  </div>
);

const advice = (error: Error): string => {
  if (!(error instanceof ApiError))
    return "Reload the page; if it stays, it is a fault of the console.";
  if (error.status === 0) return "Is Fleetlight running? The page tries again by itself.";
  if (error.status === 401) return "An access token is needed.";
  if (error.status === 403) return "This token may not do that.";
  if (error.status === 404) return "It may have been removed.";
  if (error.status === 429 || error.status === 503)
    return "The server is busy; try again in a moment.";
  return `Code ${error instanceof ApiError ? error.code : "unknown"}; see the errors page of the documentation.`;
};

/** What failed, why, and what to do; stands where the missing thing would be. */
export const Failure = ({ what, error }: { what: string; error: Error }) => (
  <div className={classes["failure"]} role="alert">
    <IconAlertTriangleFilled size={16} aria-hidden />
    <div>
      <p className={classes["failureTitle"]}>{what}</p>
      <p>
        {error.message}. {advice(error)}
      </p>
    </div>
  </div>
);

/** Grey lines in the place of rows that are on their way. */
export const SkeletonRows = ({ rows, height = 44 }: { rows: number; height?: number }) => (
  <div aria-hidden>
    {Array.from({ length: rows }, (_, row) => (
      <div key={row} className={classes["skeletonRow"]} style={{ height }}>
        <span style={{ width: `${12 + ((row * 7) % 9)}%` }} />
        <span style={{ width: `${28 + ((row * 5) % 17)}%` }} />
        <span style={{ width: `${10 + ((row * 3) % 11)}%` }} />
      </div>
    ))}
  </div>
);
