import { Button, TextInput } from "@mantine/core";
import { useState } from "react";

import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import type { Query } from "./explore-state.ts";

interface QueryDialogProps {
  query: Query;
  taken: string[];
  onClose: () => void;
  onSave: (name: string, legend: string) => void;
}

/** Name of a query, and how its series are called. */
export const QueryDialog = ({ query, taken, onClose, onSave }: QueryDialogProps) => {
  const [name, setName] = useState(query.name);
  const [legend, setLegend] = useState(query.legend);
  const wrong = name.trim() === "" ? "A query needs a name" : undefined;
  const used = taken.includes(name.trim()) ? "Another query has this name" : undefined;
  return (
    <Dialog title={`Query ${query.name}`} onClose={onClose} width={420}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if ((wrong ?? used) === undefined) onSave(name.trim(), legend);
        }}
      >
        <TextInput
          label="Name"
          value={name}
          maxLength={24}
          data-autofocus
          error={wrong ?? used}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput
          mt={12}
          label="Legend"
          description="Labels in double braces; empty for the labels that tell the series apart"
          placeholder="{{job}} on {{instance}}"
          value={legend}
          maxLength={200}
          onChange={({ currentTarget }) => setLegend(currentTarget.value)}
        />
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit">Save</Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};
