import { Button, Checkbox, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { readAuthor, useAuthor } from "../../api/acknowledge.ts";
import { expireSilence, postSilence, silencesKey } from "../../api/alertmanager.ts";
import { pipelineKey } from "../../api/routing.ts";
import { indexLabels } from "../../format/alert-filter.ts";
import type { Matcher } from "../../format/selector.ts";
import { formatDateTime, formatDuration } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { StateMark } from "../../ui/state.tsx";
import { tell, tellFailure } from "../../ui/toast.tsx";
import { useAlertRows } from "../alerts/use-alerts.ts";
import { MatcherFields } from "./MatcherFields.tsx";
import type { SilenceDraft } from "./silence-draft.ts";
import {
  DURATIONS,
  emptyDraft,
  filled,
  matchesAll,
  problemsOf,
  silences,
  spanOf,
  toInput,
  toLocalField,
} from "./silence-draft.ts";
import classes from "./silences.module.css";

/** Alerts that the preview names. */
const NAMED = 6;

const useSave = (onDone: () => void) => {
  const cache = useQueryClient();
  const refresh = () =>
    Promise.all([
      cache.invalidateQueries({ queryKey: silencesKey }),
      cache.invalidateQueries({ queryKey: pipelineKey }),
    ]);
  return useMutation({
    mutationFn: ({ draft, all }: { draft: SilenceDraft; all: boolean }) =>
      postSilence(toInput(draft, Date.now()), all),
    onSuccess: async ({ silenceID }, { draft }) => {
      tell(draft.id === null ? "Silenced." : "The silence was changed.", () => {
        expireSilence(silenceID).then(refresh, (error: Error) =>
          tellFailure("The silence was not taken back", error),
        );
      });
      await refresh();
      onDone();
    },
  });
};

/** What a silence with these matchers would keep quiet now. */
const Matched = ({
  matchers,
  labels,
}: {
  matchers: Matcher[];
  labels: ReturnType<typeof useAlertRows>["rows"];
}) => {
  const test = silences(matchers);
  const rows = labels.filter((row) => test(row.labels));
  return (
    <div className={classes["matched"]} role="status">
      <p className={classes["matchedTitle"]}>
        {matchers.length === 0
          ? "Name a label to see what would be silenced."
          : rows.length === 0
            ? "Matches no alert now; it holds for those that begin later."
            : `Matches ${plural(rows.length, "alert")} now.`}
      </p>
      <ul>
        {rows.slice(0, NAMED).map((row) => (
          <li key={row.key} className={classes["matchedRow"]}>
            <StateMark state={row.state} />
            <Link
              to="/dashboard/alerts/$alertId"
              params={{ alertId: row.key }}
              className="clip link"
            >
              {row.name}
            </Link>
            <span className="dim clip">{row.service}</span>
          </li>
        ))}
      </ul>
      {rows.length > NAMED && <p className="dim">and {rows.length - NAMED} more</p>}
    </div>
  );
};

const TimeFields = ({
  draft,
  set,
  error,
}: {
  draft: SilenceDraft;
  set: (change: Partial<SilenceDraft>) => void;
  error: string | undefined;
}) => {
  const now = useNow(10_000);
  const { from, to } = spanOf(draft, now);
  const valid = to > from;
  return (
    <fieldset className={classes["time"]}>
      <legend className={classes["legend"]}>For how long</legend>
      <SegmentedControl
        className={classes["presets"] ?? ""}
        aria-label="For how long"
        data={[
          ...DURATIONS.map(({ word, ms }) => ({ value: String(ms), label: word })),
          { value: "until", label: "Until…" },
        ]}
        value={draft.lastsMs === null ? "until" : String(draft.lastsMs)}
        onChange={(value) =>
          value === "until"
            ? set({ lastsMs: null, end: toLocalField(valid ? to : now + 7_200_000) })
            : set({ lastsMs: Number(value) })
        }
      />
      <div className={classes["moments"]}>
        <TextInput
          type="datetime-local"
          label="Begins"
          description={draft.start === "" ? "At once" : " "}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.start}
          onChange={(event) => set({ start: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label="Ends"
          description={
            valid ? `In ${formatDuration(to - now)}, ${formatDateTime(to).slice(0, 16)}` : " "
          }
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.lastsMs === null ? draft.end : toLocalField(to)}
          onChange={(event) => set({ lastsMs: null, end: event.currentTarget.value })}
          error={error}
        />
      </div>
    </fieldset>
  );
};

type Problems = ReturnType<typeof problemsOf>;

const WordFields = ({
  draft,
  set,
  shown,
}: {
  draft: SilenceDraft;
  set: (change: Partial<SilenceDraft>) => void;
  shown: Problems;
}) => (
  <>
    <Textarea
      label="Why"
      placeholder="Restarting the database, see the change of today"
      data-autofocus
      rows={2}
      value={draft.comment}
      onChange={(event) => set({ comment: event.currentTarget.value })}
      error={shown.comment}
    />
    <TextInput
      label="Your name"
      autoComplete="name"
      value={draft.author}
      onChange={(event) => set({ author: event.currentTarget.value })}
      error={shown.author}
    />
  </>
);

interface SilenceFormProps {
  initial: SilenceDraft;
  onDone: () => void;
  onCancel: () => void;
}

/** A silence with what it would match now. */
export const SilenceForm = ({ initial, onDone, onCancel }: SilenceFormProps) => {
  const [draft, setDraft] = useState(initial);
  const [all, setAll] = useState(false);
  const [shown, setShown] = useState<Problems>({});
  const [, setAuthor] = useAuthor();
  const { rows } = useAlertRows();
  const index = useMemo(() => indexLabels(rows.map(({ labels }) => labels)), [rows]);
  const save = useSave(onDone);
  const set = (change: Partial<SilenceDraft>) => {
    setShown({});
    setDraft((old) => ({ ...old, ...change }));
  };
  const matchers = filled(draft);
  const everything = matchers.length > 0 && matchesAll(matchers);
  const submit = () => {
    const problems = problemsOf(draft, Date.now());
    setShown(problems);
    if (Object.keys(problems).length > 0) return;
    setAuthor(draft.author.trim());
    save.mutate({ draft, all });
  };
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <MatcherFields
        matchers={draft.matchers}
        index={index}
        error={shown.matchers}
        onChange={(next) => set({ matchers: next })}
      />
      <Matched matchers={matchers} labels={rows} />
      {everything && (
        <Checkbox
          label="This matches every alert there will be. Silence them all."
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      )}
      <TimeFields draft={draft} set={set} error={shown.time} />
      <WordFields draft={draft} set={set} shown={shown} />
      {save.error !== null && <Failure what="It was not silenced" error={save.error} />}
      <DialogButtons>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={save.isPending} disabled={everything && !all}>
          {draft.id === null ? "Silence" : "Save the changes"}
        </Button>
      </DialogButtons>
    </form>
  );
};

/** Silences some alerts without leaving the list. */
export const SilenceDialog = ({
  matchers,
  onClose,
}: {
  matchers: Matcher[];
  onClose: () => void;
}) => (
  <Dialog title="Silence" onClose={onClose} width={640}>
    <SilenceForm initial={emptyDraft(matchers, readAuthor())} onDone={onClose} onCancel={onClose} />
  </Dialog>
);
