import type { Schedule } from "@fleetlight/contract";
import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { readAuthor } from "../../api/acknowledge.ts";
import { ApiError } from "../../api/client.ts";
import {
  addOverride,
  onCallKey,
  overridesQuery,
  peopleQuery,
  removeOverride,
} from "../../api/on-call.ts";
import { formatDateTime } from "../../format/time.ts";
import { useNow } from "../../live/live.tsx";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { tell, tellFailure } from "../../ui/toast.tsx";
import { toLocalField } from "../silences/silence-draft.ts";
import classes from "./on-call.module.css";
import { DAY_MS } from "./schedule-view.ts";

/** In the list of people: nobody is on call. */
const NOBODY = "";

const useRefresh = () => {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: onCallKey });
};

const emptyOverride = () => ({
  /** Null is the first person of the list. */
  person: null as string | null,
  start: toLocalField(Date.now()),
  end: toLocalField(Date.now() + DAY_MS / 2),
  note: "",
});

type OverrideForm = ReturnType<typeof emptyOverride>;

const bodyOf = (form: OverrideForm, first: string) => {
  const by = readAuthor().trim();
  const chosen = form.person ?? first;
  return {
    person: chosen === NOBODY ? null : chosen,
    start: new Date(form.start).toISOString(),
    end: new Date(form.end).toISOString(),
    note: form.note.trim(),
    ...(by !== "" && { by }),
  };
};

const useAdd = (schedule: Schedule, onClose: () => void) => {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ form, first }: { form: OverrideForm; first: string }) =>
      addOverride(schedule.id, bodyOf(form, first)),
    onSuccess: async (made) => {
      tell("The override was added.", () => {
        removeOverride(schedule.id, made.id).then(refresh, (error: Error) =>
          tellFailure("The override was not taken back", error),
        );
      });
      await refresh();
      onClose();
    },
  });
};

/** Somebody stands in. */
export const OverrideDialog = ({
  schedule,
  onClose,
}: {
  schedule: Schedule;
  onClose: () => void;
}) => {
  const people = useQuery(peopleQuery()).data?.people ?? [];
  const first = people[0]?.id ?? NOBODY;
  const [form, setForm] = useState(emptyOverride);
  const set = (change: Partial<OverrideForm>) => setForm((old) => ({ ...old, ...change }));
  const add = useAdd(schedule, onClose);
  const refusal = add.error instanceof ApiError ? add.error : null;
  return (
    <Dialog title={`Stand in on ${schedule.name}`} onClose={onClose}>
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ form, first });
        }}
      >
        <NativeSelect
          label="Who"
          data-autofocus
          data={[
            ...people.map(({ id, name }) => ({ value: id, label: name })),
            { value: NOBODY, label: "nobody" },
          ]}
          value={form.person ?? first}
          onChange={(event) => set({ person: event.currentTarget.value })}
          error={refusal?.field("person")}
        />
        <div className={classes["two"]}>
          <TextInput
            type="datetime-local"
            label="From"
            required
            value={form.start}
            onChange={(event) => set({ start: event.currentTarget.value })}
            error={refusal?.field("start")}
          />
          <TextInput
            type="datetime-local"
            label="To"
            required
            value={form.end}
            onChange={(event) => set({ end: event.currentTarget.value })}
            error={refusal?.field("end")}
          />
        </div>
        <TextInput
          label="Note"
          placeholder="Ada is on leave"
          value={form.note}
          onChange={(event) => set({ note: event.currentTarget.value })}
        />
        {add.error !== null && <Failure what="The override was not added" error={add.error} />}
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add the override
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};

/** Who stands in for whom from now on. */
export const Overrides = ({ schedule }: { schedule: Schedule }) => {
  const { data } = useQuery(overridesQuery(schedule.id));
  const people = useQuery(peopleQuery()).data?.people ?? [];
  const refresh = useRefresh();
  const now = useNow(60_000);
  const remove = useMutation({
    mutationFn: (id: string) => removeOverride(schedule.id, id),
    onSettled: refresh,
  });
  const open = (data?.overrides ?? []).filter(({ end }) => Date.parse(end) > now);
  if (open.length === 0) return null;
  return (
    <>
      <h3 className={classes["subtitle"]}>Overrides to come</h3>
      {remove.error !== null && <Failure what="It was not removed" error={remove.error} />}
      <ul>
        {open.map((one) => (
          <li key={one.id} className={classes["override"]}>
            <span className={classes["overrideWho"]}>
              {one.person === null
                ? "nobody"
                : (people.find(({ id }) => id === one.person)?.name ?? one.person)}
            </span>
            <span className="num dim">
              {formatDateTime(Date.parse(one.start)).slice(0, 16)} to{" "}
              {formatDateTime(Date.parse(one.end)).slice(0, 16)}
            </span>
            <span className="dim clip">{one.note}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={32}
              aria-label={`Remove the override of ${one.person ?? "nobody"}`}
              onClick={() => remove.mutate(one.id)}
            >
              <IconX size={16} />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </>
  );
};
