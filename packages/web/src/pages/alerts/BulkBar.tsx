import { Button } from "@mantine/core";
import { IconBellOff, IconUserCheck, IconX } from "@tabler/icons-react";

import { plural } from "../../format/units.ts";
import classes from "./alerts-page.module.css";

interface BulkBarProps {
  count: number;
  onAcknowledge: () => void;
  onSilence: () => void;
  onClear: () => void;
}

/** What can be done with the alerts that are selected. */
export const BulkBar = ({ count, onAcknowledge, onSilence, onClear }: BulkBarProps) => (
  <div className={classes["bulk"]} role="region" aria-label="Selected alerts">
    <span className={classes["bulkCount"]}>{plural(count, "alert")} selected</span>
    <Button size="sm" leftSection={<IconUserCheck size={16} />} onClick={onAcknowledge}>
      Acknowledge
    </Button>
    <Button size="sm" variant="default" leftSection={<IconBellOff size={16} />} onClick={onSilence}>
      Silence…
    </Button>
    <Button
      size="sm"
      variant="subtle"
      color="gray"
      leftSection={<IconX size={16} />}
      onClick={onClear}
    >
      Clear
    </Button>
  </div>
);
