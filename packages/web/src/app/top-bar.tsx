import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconFlameFilled,
  IconMoon,
  IconPlugConnectedX,
  IconSearch,
  IconSun,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { formatClock } from "../format/time.ts";
import { useLiveState, useNow } from "../live/live.tsx";
import classes from "./top-bar.module.css";

const SCHEMES = [
  { value: "light", word: "Light", icon: IconSun },
  { value: "dark", word: "Dark", icon: IconMoon },
  { value: "auto", word: "As the system", icon: IconDeviceDesktop },
] as const satisfies { value: MantineColorScheme; word: string; icon: unknown }[];

const ThemeSwitch = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const current = SCHEMES.find(({ value }) => value === colorScheme) ?? SCHEMES[2];
  const Icon = current.icon;
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={34} aria-label={`Theme: ${current.word}`}>
          <Icon size={18} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ value, word, icon: Each }) => (
          <Menu.Item
            key={value}
            leftSection={<Each size={16} stroke={1.7} />}
            rightSection={value === colorScheme ? <IconCheck size={15} /> : null}
            onClick={() => setColorScheme(value)}
          >
            {word}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
};

/** A connection that only just began is no news; one that is away longer is. */
const PATIENCE_MS = 3000;

/** Whether what the console shows is live, and since when it is not. */
const ConnectionMark = () => {
  const { phase, since } = useLiveState();
  const now = useNow(1000);
  if (phase === "live") {
    return (
      <span className={classes["live"]} title="Figures arrive as they are measured">
        <span className={classes["liveDot"]} aria-hidden />
        Live
      </span>
    );
  }
  if (phase === "connecting" && now - since < PATIENCE_MS) {
    return <span className={classes["live"]}>Connecting</span>;
  }
  return (
    <span className={classes["down"]} role="status">
      <IconPlugConnectedX size={15} aria-hidden />
      <span>
        <span className={classes["wide"]}>Reconnecting since </span>
        <span className="num">{formatClock(since)}</span>
        <span className={classes["wide"]}>, asking every 5 s</span>
      </span>
    </span>
  );
};

const SHORTCUT = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K";

interface TopBarProps {
  firing: number;
  onSearch: () => void;
}

export const TopBar = ({ firing, onSearch }: TopBarProps) => (
  <header className={classes["bar"]}>
    <button type="button" className={classes["search"]} onClick={onSearch}>
      <IconSearch size={16} stroke={1.8} aria-hidden />
      <span className={classes["searchWord"]}>
        Search<span className={classes["wide"]}> pages, services, agents, alerts</span>
      </span>
      <kbd className={classes["kbd"]}>{SHORTCUT}</kbd>
    </button>
    <div className={classes["right"]}>
      {firing > 0 && (
        <Link to="/dashboard/alerts" className={classes["firing"]}>
          <IconFlameFilled size={15} aria-hidden />
          <span>
            <span className="num">{firing}</span>
            <span className={classes["wide"]}> firing</span>
            <span className="visually-hidden">: show the alerts</span>
          </span>
        </Link>
      )}
      <ConnectionMark />
      <ThemeSwitch />
    </div>
  </header>
);
