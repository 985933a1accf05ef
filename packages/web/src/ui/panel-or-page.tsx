import { ActionIcon } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { BackLink, type ListPath } from "./back-link.tsx";
import { Page, SidePanel } from "./page.tsx";

interface PanelOrPageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** The list that it was opened from. */
  list: {
    to: ListPath;
    name: string;
    /** What the list shows, so that closing the panel changes nothing of it. */
    search: object;
  };
  /** What the button that leaves it says to those who do not see it. */
  closeLabel: string;
  children: ReactNode;
}

/** One thing of a list: beside the list on a wide screen, a page of its own on a narrow one. */
export const PanelOrPage = ({
  title,
  lead,
  actions,
  list,
  closeLabel,
  children,
}: PanelOrPageProps) => {
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  if (!wide)
    return (
      <Page
        title={title}
        lead={lead}
        actions={actions}
        before={<BackLink to={list.to}>{list.name}</BackLink>}
      >
        {children}
      </Page>
    );
  const close = (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={32}
      aria-label={closeLabel}
      renderRoot={(props) => (
        <Link to={list.to} search={list.search} resetScroll={false} {...props} />
      )}
    >
      <IconX size={18} />
    </ActionIcon>
  );
  return (
    <SidePanel title={title} lead={lead} actions={actions} close={close}>
      {children}
    </SidePanel>
  );
};
