import { Button, Menu, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { Dialog, DialogButtons } from "./dialog.tsx";

/** What a list shows, under a name. */
export interface View<T> {
  name: string;
  search: T;
}

/** Views that a browser remembers. */
const MAX_VIEWS = 30;

const readViews = <T,>(
  text: string | undefined,
  parse: (raw: Record<string, unknown>) => T,
): View<T>[] => {
  try {
    const read: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(read)) return [];
    return read
      .filter((one): one is View<object> => typeof (one as View<T> | null)?.name === "string")
      .slice(0, MAX_VIEWS)
      .map(({ name, search }) => ({ name, search: parse({ ...search }) }));
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
          description="What the list shows now; kept in this browser"
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

interface SavedViewsProps<T> {
  /** Under which a browser keeps them. */
  storageKey: string;
  /** Views that are there from the start. */
  given: readonly View<T>[];
  parse: (raw: Record<string, unknown>) => T;
  search: T;
  change: (next: T) => void;
}

/** What a list shows, by name: views that everybody needs, and one's own. */
export const SavedViews = <T,>({
  storageKey,
  given,
  parse,
  search,
  change,
}: SavedViewsProps<T>) => {
  const [views, setViews] = useLocalStorage<View<T>[]>({
    key: storageKey,
    defaultValue: [],
    deserialize: (text) => readViews(text, parse),
    getInitialValueInEffect: false,
  });
  const [naming, setNaming] = useState(false);
  const now = JSON.stringify(search);
  const current = [...given, ...views].find((view) => JSON.stringify(view.search) === now);
  return (
    <>
      <Menu position="bottom-end" width={260} withinPortal>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={15} />}>
            {current?.name ?? "Views"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {given.map(({ name, search: to }) => (
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
