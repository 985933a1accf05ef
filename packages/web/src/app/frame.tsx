import { ActionIcon, Tooltip } from "@mantine/core";
import { useHotkeys, useLocalStorage } from "@mantine/hooks";
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import { alertsQuery } from "../api/queries.ts";
import { LivePolling } from "../live/polling.tsx";
import { Toasts } from "../ui/toast.tsx";
import classes from "./frame.module.css";
import { MoreSections } from "./more-sections.tsx";
import { PHONE_SECTIONS, SECTIONS } from "./sections.ts";
import { TokenDialog } from "./token-dialog.tsx";
import { TopBar } from "./top-bar.tsx";

const Palette = lazy(() =>
  import("./palette.tsx").then(({ Palette: Loaded }) => ({ default: Loaded })),
);

const Mark = () => (
  <svg viewBox="0 0 32 32" width={22} height={22} aria-hidden>
    <path
      d="M6.5 25 16 6l9.5 19"
      fill="none"
      stroke="var(--fl-accent)"
      strokeWidth={2.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    />
    <circle cx={16} cy={19.5} r={3.2} fill="var(--fl-accent)" />
  </svg>
);

const useFiring = (): number => {
  const { data } = useQuery(alertsQuery());
  return (data?.active_alerts ?? []).filter(({ state }) => state === "firing").length;
};

const Sections = ({ firing, small }: { firing: number; small: boolean }) => (
  <ul className={classes["sections"]}>
    {SECTIONS.map(({ to, word, icon: Icon, exact }) => (
      <li key={to} data-phone={PHONE_SECTIONS.has(word) || undefined}>
        <Tooltip label={word} position="right" disabled={!small} withArrow>
          <Link
            to={to}
            activeOptions={{ exact, includeSearch: false }}
            className={classes["section"]}
            aria-label={small ? word : undefined}
          >
            <Icon size={19} stroke={1.7} aria-hidden />
            <span className={classes["word"]}>{word}</span>
            {word === "Alerts" && firing > 0 && (
              <span className={classes["railCount"]} title={`${firing} firing`}>
                {firing}
              </span>
            )}
          </Link>
        </Tooltip>
      </li>
    ))}
    <li className={classes["more"]}>
      <MoreSections />
    </li>
  </ul>
);

/** Rail, top bar and the page between them. */
export const Frame = () => {
  const [small, setSmall] = useLocalStorage({
    key: "fleetlight-rail-small",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [searching, setSearching] = useState(false);
  const firing = useFiring();
  useHotkeys([
    ["mod+K", () => setSearching(true)],
    ["/", () => setSearching(true)],
    ["[", () => setSmall((is) => !is)],
  ]);
  const toggle = small ? "Widen the navigation" : "Narrow the navigation";
  return (
    <div className={classes["frame"]} data-small={small || undefined}>
      <a href="#main" className={classes["skip"]}>
        Skip to the page
      </a>
      <nav className={classes["rail"]} aria-label="Sections">
        <Link to="/dashboard" className={classes["brand"]} aria-label="Fleetlight, overview">
          <Mark />
          <span className={classes["brandWord"]}>Fleetlight</span>
        </Link>
        <Sections firing={firing} small={small} />
        <Tooltip label={`${toggle} ( [ )`} position="right" withArrow>
          <ActionIcon
            className={classes["toggle"] ?? ""}
            variant="subtle"
            color="gray"
            onClick={() => setSmall(!small)}
            aria-label={toggle}
          >
            {small ? (
              <IconLayoutSidebarLeftExpand size={18} stroke={1.7} />
            ) : (
              <IconLayoutSidebarLeftCollapse size={18} stroke={1.7} />
            )}
          </ActionIcon>
        </Tooltip>
      </nav>
      <TopBar firing={firing} onSearch={() => setSearching(true)} />
      <main id="main" className={classes["main"]} tabIndex={-1}>
        <Outlet />
      </main>
      <LivePolling />
      <TokenDialog />
      <Toasts />
      {searching && (
        <Suspense fallback={null}>
          <Palette onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </div>
  );
};
