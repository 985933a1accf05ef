import type { Person, Schedule, Team } from "@fleetlight/contract";
import { ActionIcon, Button, MultiSelect, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactNode } from "react";

import { routesQuery } from "../../api/routing.ts";
import { slug } from "../../format/slug.ts";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { browserZone } from "../silences/maintenance-form.ts";
import classes from "./on-call.module.css";
import { useThing } from "./use-thing.ts";

interface FormDialogProps {
  title: string;
  thing: ReturnType<typeof useThing>;
  existing: boolean;
  onClose: () => void;
  onSubmit: () => void;
  width?: number;
  children: ReactNode;
}

/** A form in a dialog that can also remove what it changes. */
export const FormDialog = ({
  title,
  thing,
  existing,
  onClose,
  onSubmit,
  width = 560,
  children,
}: FormDialogProps) => (
  <Dialog title={title} onClose={onClose} width={width}>
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      {thing.error !== null && <Failure what="It was not done" error={thing.error} />}
      <DialogButtons>
        {existing && (
          <Button
            variant="subtle"
            color="red"
            mr="auto"
            loading={thing.remove.isPending}
            onClick={() => thing.remove.mutate()}
          >
            Remove
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={thing.save.isPending}>
          Save
        </Button>
      </DialogButtons>
    </form>
  </Dialog>
);

interface Way {
  receiver: string;
  address: string;
  after: string;
  urgency: "any" | "high" | "low";
}

const waysOf = (person: Person | null): Way[] =>
  (person?.contact_methods ?? []).map(({ receiver, address, after, urgency }) => ({
    receiver,
    address: address ?? "",
    after: String(after),
    urgency,
  }));

const WayRow = ({
  way,
  at,
  receivers,
  onChange,
  onRemove,
}: {
  way: Way;
  at: number;
  receivers: readonly string[];
  onChange: (way: Way) => void;
  onRemove: () => void;
}) => (
  <div className={classes["stepRow"]}>
    <span className="dim num">{at + 1}</span>
    <NativeSelect
      aria-label={`Receiver ${at + 1}`}
      data={[...new Set([way.receiver, ...receivers])].filter(Boolean)}
      value={way.receiver}
      onChange={(event) => onChange({ ...way, receiver: event.currentTarget.value })}
    />
    <div className={classes["two"]}>
      <TextInput
        aria-label={`Address ${at + 1}`}
        placeholder="address, or the receiver's own"
        value={way.address}
        onChange={(event) => onChange({ ...way, address: event.currentTarget.value })}
      />
      <TextInput
        aria-label={`After ${at + 1}`}
        placeholder="after, as 5m"
        value={way.after === "0" ? "" : way.after}
        onChange={(event) => onChange({ ...way, after: event.currentTarget.value })}
      />
    </div>
    <ActionIcon
      variant="subtle"
      color="gray"
      size={34}
      aria-label={`Remove way ${at + 1}`}
      onClick={onRemove}
    >
      <IconX size={16} />
    </ActionIcon>
  </div>
);

const Ways = ({ ways, onChange }: { ways: Way[]; onChange: (ways: Way[]) => void }) => {
  const receivers = useQuery(routesQuery()).data?.receivers ?? [];
  const begun: Way = {
    receiver: receivers[0] ?? "default",
    address: "",
    after: "0",
    urgency: "any",
  };
  return (
    <div>
      <p className={classes["subtitle"]}>Ways to be reached, in order</p>
      {ways.map((way, at) => (
        <WayRow
          // oxlint-disable-next-line react/no-array-index-key -- a way is known by its place
          key={at}
          way={way}
          at={at}
          receivers={receivers}
          onChange={(next) => onChange(ways.map((old, place) => (place === at ? next : old)))}
          onRemove={() => onChange(ways.filter((_, place) => place !== at))}
        />
      ))}
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        onClick={() => onChange([...ways, begun])}
      >
        Another way
      </Button>
    </div>
  );
};

const personForm = (person: Person | null) => ({
  name: person?.name ?? "",
  email: person?.email ?? "",
  zone: person?.time_zone ?? browserZone(),
  ways: waysOf(person),
});

type PersonForm = ReturnType<typeof personForm>;

const personBody = (form: PersonForm, person: Person | null) => ({
  id: person?.id ?? slug(form.name),
  name: form.name.trim(),
  ...(form.email.trim() !== "" && { email: form.email.trim() }),
  ...(person?.phone !== undefined && { phone: person.phone }),
  time_zone: form.zone.trim(),
  contact_methods: form.ways.map(({ receiver, address, after, urgency }) => ({
    receiver,
    ...(address.trim() !== "" && { address: address.trim() }),
    after: after.trim() === "" ? 0 : after.trim(),
    urgency,
  })),
  quiet_hours: person?.quiet_hours ?? [],
});

export const PersonDialog = ({
  person,
  onClose,
}: {
  person: Person | null;
  onClose: () => void;
}) => {
  const [form, setForm] = useState(() => personForm(person));
  const thing = useThing("people", person?.id ?? null, onClose);
  const set = (change: Partial<PersonForm>) => setForm((old) => ({ ...old, ...change }));
  return (
    <FormDialog
      title={person === null ? "Add a person" : `Change ${person.name}`}
      thing={thing}
      existing={person !== null}
      onClose={onClose}
      onSubmit={() => thing.save.mutate(personBody(form, person))}
      width={640}
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        value={form.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={thing.field("name", "id")}
      />
      <div className={classes["two"]}>
        <TextInput
          label="E-mail"
          type="email"
          value={form.email}
          onChange={(event) => set({ email: event.currentTarget.value })}
          error={thing.field("email")}
        />
        <TextInput
          label="Time zone"
          value={form.zone}
          onChange={(event) => set({ zone: event.currentTarget.value })}
          error={thing.field("time_zone")}
        />
      </div>
      <Ways ways={form.ways} onChange={(ways) => set({ ways })} />
    </FormDialog>
  );
};

const teamForm = (team: Team | null) => ({
  name: team?.name ?? "",
  members: team?.members ?? [],
  schedule: team?.schedule ?? "",
});

export const TeamDialog = ({
  team,
  people,
  schedules,
  onClose,
}: {
  team: Team | null;
  people: readonly Person[];
  schedules: readonly Schedule[];
  onClose: () => void;
}) => {
  const [form, setForm] = useState(() => teamForm(team));
  const thing = useThing("teams", team?.id ?? null, onClose);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  return (
    <FormDialog
      title={team === null ? "Add a team" : `Change ${team.name}`}
      thing={thing}
      existing={team !== null}
      onClose={onClose}
      onSubmit={() =>
        thing.save.mutate({
          id: team?.id ?? slug(form.name),
          name: form.name.trim(),
          members: form.members,
          ...(form.schedule !== "" && { schedule: form.schedule }),
        })
      }
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        value={form.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={thing.field("name", "id")}
      />
      <MultiSelect
        label="Members"
        data={people.map(({ id, name }) => ({ value: id, label: name }))}
        value={form.members}
        onChange={(members) => set({ members })}
        error={thing.field("members")}
      />
      <NativeSelect
        label="Told by"
        data={[
          { value: "", label: "telling every member" },
          ...schedules.map(({ id, name }) => ({ value: id, label: `the schedule ${name}` })),
        ]}
        value={form.schedule}
        onChange={(event) => set({ schedule: event.currentTarget.value })}
        error={thing.field("schedule")}
      />
    </FormDialog>
  );
};
