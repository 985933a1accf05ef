import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ErrorComponentProps } from "@tanstack/react-router";

import { Empty, Failure } from "../ui/notes.tsx";
import { Page } from "../ui/page.tsx";

/** An address that leads nowhere. */
export const NotFound = () => (
  <Page title="Nothing here" lead="No page of the console has this address.">
    <Empty title="Perhaps a link is old, or a letter is missing.">
      <Button component={Link} to="/dashboard" variant="default">
        Go to the overview
      </Button>
    </Empty>
  </Page>
);

/** A page that broke; the frame around it goes on. */
export const PageFailure = ({ error }: ErrorComponentProps) => (
  <Page title="This page failed">
    <Failure
      what="The page could not be drawn"
      error={error instanceof Error ? error : new Error(String(error))}
    />
  </Page>
);
