import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";

import { SkeletonRows } from "../../ui/notes.tsx";
import { download } from "./csv.ts";
import classes from "./metrics.module.css";
import type { Answers, Outcome } from "./use-answers.ts";

/** Characters of an answer that are shown; the file has them all. */
const SHOWN = 20_000;

const Raw = ({ outcome: { name, answer } }: { outcome: Outcome<string> }) => {
  const clipboard = useClipboard({ timeout: 1500 });
  if (answer === null) return null;
  return (
    <div className={classes["raw"]}>
      <div className={classes["tableTools"]}>
        <b>{name}</b>
        <span className="dim num">
          {answer.length.toLocaleString("en-US")} characters
          {answer.length > SHOWN && `, the first ${SHOWN.toLocaleString("en-US")} shown`}
        </span>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={() => clipboard.copy(answer)}
        >
          {clipboard.copied ? "Copied" : "Copy"}
        </Button>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={<IconDownload size={14} />}
          onClick={() => download(`${name}.json`, answer, "application/json")}
        >
          File
        </Button>
      </div>
      <pre tabIndex={0} aria-label={`Answer to ${name}`}>
        {answer.slice(0, SHOWN)}
      </pre>
    </div>
  );
};

/** What the server answered, letter by letter. */
export const JsonView = ({ answers }: { answers: Answers<string> | undefined }) =>
  answers === undefined ? (
    <SkeletonRows rows={6} />
  ) : (
    answers.outcomes.map((outcome) => <Raw key={outcome.name} outcome={outcome} />)
  );
