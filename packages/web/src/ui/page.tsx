import type { ReactNode } from "react";
import { useEffect } from "react";

import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** One sentence that says what the page answers. */
  lead?: ReactNode;
  /** Shown above the title: the way back. */
  before?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every page: title, lead, at most one primary action, then the matter itself. */
export const Page = ({ title, lead, before, actions, children }: PageProps) => {
  useEffect(() => {
    document.title = `${title} · Fleetlight`;
  }, [title]);
  return (
    <div className={classes["page"]}>
      <header className={classes["head"]}>
        <div className={classes["words"]}>
          {before}
          <h1 className={classes["title"]}>{title}</h1>
          {lead !== undefined && <div className={classes["lead"]}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={classes["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
};

interface PanelProps {
  title: string;
  aside?: ReactNode;
  /** The content touches the panel's edges; for tables and lists. */
  flush?: boolean;
  className?: string | undefined;
  children: ReactNode;
}

/** A titled box. */
export const Panel = ({ title, aside, flush = false, className, children }: PanelProps) => (
  <section className={[classes["panel"], className].filter(Boolean).join(" ")} aria-label={title}>
    <div className={classes["panelHead"]}>
      <h2 className={classes["panelTitle"]}>{title}</h2>
      {aside !== undefined && <div className={classes["aside"]}>{aside}</div>}
    </div>
    <div className={flush ? classes["flush"] : classes["body"]}>{children}</div>
  </section>
);

/** Facts in two columns: word and value. */
export const Facts = ({ rows }: { rows: [string, ReactNode][] }) => (
  <dl className={classes["facts"]}>
    {rows.map(([word, value]) => (
      <div key={word} className={classes["fact"]}>
        <dt>{word}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A label and its value, e.g. `job=api`. */
export const LabelChip = ({ name, value }: { name: string; value: string }) => (
  <span className={classes["chip"]}>
    <span className={classes["chipName"]}>{name}</span>
    <span className={classes["chipValue"]}>{value}</span>
  </span>
);

export const LabelChips = ({ labels }: { labels: Record<string, string> }) => {
  const entries = Object.entries(labels).filter(([name]) => name !== "__name__");
  if (entries.length === 0) return <span className="dim">no labels</span>;
  return (
    <span className={classes["chips"]}>
      {entries.map(([name, value]) => (
        <LabelChip key={name} name={name} value={value} />
      ))}
    </span>
  );
};
