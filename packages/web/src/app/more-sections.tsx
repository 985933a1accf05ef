import { Menu, UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import classes from "./frame.module.css";
import { PHONE_SECTIONS, SECTIONS } from "./sections.ts";

/** On a phone: the sections that the bar has no room for. */
export const MoreSections = () => (
  <Menu position="top-end" withArrow>
    <Menu.Target>
      <UnstyledButton className={classes["section"] ?? ""}>
        <IconDots size={19} stroke={1.7} aria-hidden />
        <span className={classes["word"]}>More</span>
      </UnstyledButton>
    </Menu.Target>
    <Menu.Dropdown>
      {SECTIONS.filter(({ word }) => !PHONE_SECTIONS.has(word)).map(({ to, word, icon: Icon }) => (
        <Menu.Item
          key={to}
          leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
          renderRoot={(props) => <Link to={to} {...props} />}
        >
          {word}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
);
