import { Button, Menu, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import type { AlertsSearch } from "../../app/alert-search.ts";
import { parseAlertsSearch } from "../../app/alert-search.ts";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";

interface View {
  name: string;
  search: AlertsSearch;
}

/** Views that are there from the start. */
const GIVEN: View[] = [
  { name: "Everything", search: {} },
  { name: "Nobody is on it", search: { state: ["firing"], quiet: ["nothing"] } },
  {
    name: "Critical and high",
    search: { state: ["firing"], severity: ["critical", "high", "error"] },
  },
  { name: "As notifications group", search: { view: "groups" } },
];

/** Views that a browser remembers. */
const MAX_VIEWS = 30;

const readViews = (text: string | undefined): View[] => {
  try {
    const read: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(read)) return [];
    return read
      .filter((one): one is View => typeof (one as View | null)?.name === "string")
      .slice(0, MAX_VIEWS)
      .map(({ name, search }) => ({ name, search: parseAlertsSearch({ ...search }) }));
  } catch {
    return [];
  }
};

const NameDialog = ({
  onSave,
  onClose,
}: {
  onSave: (name: string) => void;
  onClose: () => void;
}) => {
  const [name, setName] = useState("");
  return (
    <Dialog title="Save this view" onClose={onClose} width={400}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSave(name.trim());
        }}
      >
        <TextInput
          label="Name"
          description="Filters and grouping as they are now; kept in this browser"
          data-autofocus
          required
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={name.trim() === ""}>
            Save
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};

/** Filters by name: some that everybody needs, and one's own. */
export const SavedViews = ({
  search,
  change,
}: {
  search: AlertsSearch;
  change: (next: AlertsSearch) => void;
}) => {
  const [views, setViews] = useLocalStorage<View[]>({
    key: "fleetlight-alert-views",
    defaultValue: [],
    deserialize: readViews,
    getInitialValueInEffect: false,
  });
  const [naming, setNaming] = useState(false);
  const now = JSON.stringify(search);
  const current = [...GIVEN, ...views].find((view) => JSON.stringify(view.search) === now);
  return (
    <>
      <Menu position="bottom-end" width={260} withinPortal>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={15} />}>
            {current?.name ?? "Views"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {GIVEN.map(({ name, search: to }) => (
            <Menu.Item key={name} onClick={() => change(to)}>
              {name}
            </Menu.Item>
          ))}
          {views.length > 0 && <Menu.Label>Saved in this browser</Menu.Label>}
          {views.map(({ name, search: to }) => (
            <Menu.Item key={name} onClick={() => change(to)}>
              {name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPlus size={15} />} onClick={() => setNaming(true)}>
            Save this view…
          </Menu.Item>
          {current !== undefined && views.includes(current) && (
            <Menu.Item
              leftSection={<IconTrash size={15} />}
              onClick={() => setViews(views.filter((view) => view !== current))}
            >
              Remove “{current.name}”
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {naming && (
        <NameDialog
          onClose={() => setNaming(false)}
          onSave={(name) => {
            const others = views.filter((view) => view.name !== name);
            setViews([...others, { name, search }].slice(-MAX_VIEWS));
            setNaming(false);
          }}
        />
      )}
    </>
  );
};
