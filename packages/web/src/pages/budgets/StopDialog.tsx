import type { StopInput } from "@fleetlight/contract";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { useAuthor } from "../../api/acknowledge.ts";
import { makeStop, removeStop, stopsKey } from "../../api/coordination.ts";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { tell, tellFailure } from "../../ui/toast.tsx";
import classes from "./budgets.module.css";

const KINDS: { value: StopInput["kind"]; label: string }[] = [
  { value: "agent", label: "Agent" },
  { value: "conversation", label: "Conversation" },
  { value: "run", label: "Run, by its trace id" },
  { value: "user", label: "User" },
  { value: "workflow", label: "Workflow" },
];

interface StopDialogProps {
  /** What is stopped, where that is clear. */
  fixed?: Pick<StopInput, "kind" | "subject">;
  onClose: () => void;
}

const useStop = (onDone: () => void) => {
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: stopsKey });
  return useMutation({
    mutationFn: makeStop,
    onSuccess: async ({ id, kind }) => {
      tell(`The ${kind} stops at its next checkpoint.`, () => {
        removeStop(id, "taken back").then(refresh, (error: Error) =>
          tellFailure("The stop was not taken back", error),
        );
      });
      await refresh();
      onDone();
    },
  });
};

interface WhichProps {
  kind: StopInput["kind"];
  subject: string;
  error: string | undefined;
  set: (which: { kind?: StopInput["kind"]; subject?: string }) => void;
}

const Which = ({ kind, subject, error, set }: WhichProps) => (
  <div className={classes["pair"]}>
    <NativeSelect
      label="What"
      data={KINDS}
      value={kind}
      onChange={(event) => set({ kind: event.currentTarget.value as StopInput["kind"] })}
    />
    <TextInput
      label={kind === "run" ? "Trace id" : "Name or id"}
      value={subject}
      error={error}
      onChange={(event) => set({ subject: event.currentTarget.value })}
    />
  </div>
);

/** Asks why, and stops. */
export const StopDialog = ({ fixed, onClose }: StopDialogProps) => {
  const [author, setAuthor] = useAuthor();
  const [form, setForm] = useState({
    kind: fixed?.kind ?? ("agent" as StopInput["kind"]),
    subject: fixed?.subject ?? "",
    reason: "",
    by: author,
  });
  const [tried, setTried] = useState(false);
  const stop = useStop(onClose);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const [subject, reason, by] = [form.subject.trim(), form.reason.trim(), form.by.trim()];
  const submit = () => {
    setTried(true);
    if (subject === "" || reason === "") return;
    setAuthor(by);
    stop.mutate({ kind: form.kind, subject, reason, ...(by !== "" && { by }) });
  };
  return (
    <Dialog
      title={fixed === undefined ? "Stop something" : `Stop the ${form.kind}`}
      onClose={onClose}
    >
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="dim">
          Agents obey where they ask at a checkpoint, as the SDK does before each step. One that
          never asks is not stopped.
        </p>
        {fixed === undefined && (
          <Which
            kind={form.kind}
            subject={form.subject}
            error={tried && subject === "" ? "Which one?" : undefined}
            set={set}
          />
        )}
        <TextInput
          label="Reason"
          data-autofocus
          value={form.reason}
          error={tried && reason === "" ? "Say why; it is told to the agent" : undefined}
          onChange={(event) => set({ reason: event.currentTarget.value })}
        />
        <TextInput
          label="Your name"
          value={form.by}
          onChange={(event) => set({ by: event.currentTarget.value })}
        />
        {stop.error !== null && <Failure what="It was not stopped" error={stop.error} />}
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={stop.isPending}>
            Stop it
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};
