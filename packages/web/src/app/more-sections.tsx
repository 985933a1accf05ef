import { Popover, UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import classes from "./frame.module.css";
import { PHONE_SECTIONS, SECTIONS } from "./sections.ts";

/** On a phone: the sections that the bar has no room for. */
export const MoreSections = () => {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="top-end"
      withinPortal={false}
      withRoles={false}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes["section"] ?? ""}
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          <IconDots size={19} stroke={1.7} aria-hidden />
          <span className={classes["word"]}>More</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <ul className={classes["others"]}>
          {SECTIONS.filter(({ word }) => !PHONE_SECTIONS.has(word)).map(
            ({ to, word, icon: Icon }) => (
              <li key={to}>
                <Link to={to} className={classes["other"]} onClick={() => setOpened(false)}>
                  <Icon size={19} stroke={1.7} aria-hidden />
                  {word}
                </Link>
              </li>
            ),
          )}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
};
