import { Button, Menu, Select, Textarea, TextInput } from "@mantine/core";
import { IconBellOff, IconClockPause, IconUserCheck, IconUserX } from "@tabler/icons-react";
import { useState } from "react";

import { readAuthor, useAcknowledge, useAuthor, useUnacknowledge } from "../../api/acknowledge.ts";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { matchersFor } from "../silences/silence-draft.ts";
import { SilenceDialog } from "../silences/SilenceForm.tsx";
import type { AlertRow } from "./alert-rows.ts";
import { targetOf } from "./alert-rows.ts";

const EXPIRIES = [
  { value: "", label: "as long as the alert lasts" },
  { value: "30m", label: "for 30 minutes" },
  { value: "2h", label: "for 2 hours" },
  { value: "8h", label: "for 8 hours" },
  { value: "1d", label: "for a day" },
];

const SNOOZES = [
  { value: "15m", word: "15 minutes" },
  { value: "1h", word: "1 hour" },
  { value: "4h", word: "4 hours" },
  { value: "1d", word: "1 day" },
];

/** Takes an alert on, with a word for the others. */
const AckDialog = ({ row, onClose }: { row: AlertRow; onClose: () => void }) => {
  const acknowledge = useAcknowledge();
  const [, setAuthor] = useAuthor();
  const [by, setBy] = useState(readAuthor());
  const [note, setNote] = useState(row.ack?.note ?? "");
  const [expiry, setExpiry] = useState("");
  return (
    <Dialog title={`Acknowledge ${row.name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAuthor(by.trim());
          acknowledge.mutate({
            targets: [targetOf(row)],
            note: note.trim(),
            ...(expiry !== "" && { expiresIn: expiry }),
          });
          onClose();
        }}
      >
        <p className="dim">
          Escalation stops and nobody is told again. The alert stays in the list under your name.
        </p>
        <TextInput
          mt={12}
          label="Your name"
          autoComplete="name"
          value={by}
          onChange={(event) => setBy(event.currentTarget.value)}
          data-autofocus={by === "" || undefined}
        />
        <Textarea
          mt={12}
          label="Note"
          placeholder="Looking at the database; the release of 14:10 is the suspect"
          rows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          data-autofocus={by !== "" || undefined}
        />
        <Select
          mt={12}
          label="It holds"
          data={EXPIRIES}
          value={expiry}
          allowDeselect={false}
          onChange={(value) => setExpiry(value ?? "")}
        />
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit">Acknowledge</Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};

/** What can be done about an alert. */
export const AlertActions = ({ row }: { row: AlertRow }) => {
  const [asking, setAsking] = useState<"ack" | "silence" | null>(null);
  const acknowledge = useAcknowledge();
  const release = useUnacknowledge();
  const snooze = (duration: string) =>
    acknowledge.mutate({ targets: [targetOf(row)], note: "snoozed", expiresIn: duration });
  return (
    <>
      {row.ack === null ? (
        <Button leftSection={<IconUserCheck size={16} />} onClick={() => setAsking("ack")}>
          Acknowledge…
        </Button>
      ) : (
        <Button
          variant="default"
          leftSection={<IconUserX size={16} />}
          onClick={() => release.mutate([targetOf(row)])}
        >
          Release
        </Button>
      )}
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="default" leftSection={<IconClockPause size={16} />}>
            Snooze
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {SNOOZES.map(({ value, word }) => (
            <Menu.Item key={value} onClick={() => snooze(value)}>
              {word}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button
        variant="default"
        leftSection={<IconBellOff size={16} />}
        onClick={() => setAsking("silence")}
      >
        Silence…
      </Button>
      {asking === "ack" && <AckDialog row={row} onClose={() => setAsking(null)} />}
      {asking === "silence" && (
        <SilenceDialog matchers={matchersFor([row.labels])} onClose={() => setAsking(null)} />
      )}
    </>
  );
};
