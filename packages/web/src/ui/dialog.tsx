import { CloseButton, Modal } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./dialog.module.css";

interface DialogProps {
  title: string;
  /** Left out where there is no way back, as for the access token. */
  onClose?: () => void;
  width?: number;
  children: ReactNode;
}

const STAY = () => undefined;

/** A question in front of the page. The head is our own: Mantine's is a second banner to a screen reader. */
export const Dialog = ({ title, onClose, width = 480, children }: DialogProps) => (
  <Modal.Root
    opened
    onClose={onClose ?? STAY}
    closeOnEscape={onClose !== undefined}
    closeOnClickOutside={onClose !== undefined}
    size={width}
    padding={0}
    centered
    transitionProps={{ duration: 120 }}
  >
    <Modal.Overlay />
    <Modal.Content aria-label={title}>
      <div className={classes["head"]}>
        <h2 className={classes["title"]}>{title}</h2>
        {onClose !== undefined && <CloseButton aria-label="Close" onClick={onClose} />}
      </div>
      <div className={classes["body"]}>{children}</div>
    </Modal.Content>
  </Modal.Root>
);

/** The last row of a dialog or form. */
export const DialogButtons = ({ children }: { children: ReactNode }) => (
  <div className={classes["buttons"]}>{children}</div>
);
