import {
  IconArrowsExchange,
  IconBell,
  IconChartLine,
  IconLayoutDashboard,
  IconRobot,
  IconRoute,
  IconAffiliate,
  IconListSearch,
  IconServer2,
} from "@tabler/icons-react";

/** The pages of the rail, in its order. */
export const SECTIONS = [
  { to: "/dashboard", word: "Overview", icon: IconLayoutDashboard, exact: true },
  { to: "/dashboard/alerts", word: "Alerts", icon: IconBell, exact: false },
  { to: "/dashboard/services", word: "Services", icon: IconServer2, exact: false },
  { to: "/dashboard/agents", word: "Agents", icon: IconRobot, exact: false },
  { to: "/dashboard/fleet", word: "Fleet", icon: IconAffiliate, exact: false },
  {
    to: "/dashboard/coordination",
    word: "Coordination",
    icon: IconArrowsExchange,
    exact: false,
  },
  { to: "/dashboard/runs", word: "Runs", icon: IconRoute, exact: false },
  { to: "/dashboard/logs", word: "Logs", icon: IconListSearch, exact: false },
  { to: "/dashboard/explore", word: "Metrics", icon: IconChartLine, exact: false },
] as const;

/** Those that somebody on call needs under the thumb; on a phone the others stand behind "More". */
export const PHONE_SECTIONS: ReadonlySet<string> = new Set([
  "Overview",
  "Alerts",
  "Agents",
  "Runs",
]);
