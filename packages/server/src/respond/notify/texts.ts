import { FleetlightError } from "#lib";

import type { ChannelTemplates, Notification } from "./channel.ts";
import { escapeHtml, fitBytes, fitCharacters, fitLine, tidyText } from "./fit-text.ts";
import { webUrl } from "./links.ts";
import { markValue, renderMarked, type Dialect } from "./marked-text.ts";
import { withShortValues } from "./short-values.ts";

/** Names, priorities and the like. */
const MAX_WORD = 256;

/** Space at the ends and control characters are taken out of what was expanded, so a bit more is. */
const roomFor = (max: number): number => 2 * max + 256;

export const isTemplateFault = (error: unknown): error is FleetlightError =>
  error instanceof FleetlightError && error.code === "template_failed";

/** What is said where a template fails: that somebody is told matters more than how. */
export const withoutTemplate = (notification: Notification, error: FleetlightError): string => {
  const { status, alerts, receiver, commonLabels } = notification;
  const labels = Object.entries(commonLabels).map(([name, value]) => `${name}=${value}`);
  const head = `[${status.toUpperCase()}] ${alerts.length} alerts for ${receiver}`;
  return `${head}\n${labels.join("\n")}\n(The template of this channel is wrong: ${error.message})`;
};

/** The texts of one notification, each no longer than a service takes. */
export class Texts {
  /** Whether something was cut off. */
  isShortened = false;
  private readonly templates: ChannelTemplates;
  private readonly notification: Notification;
  private readonly isStrict: boolean;

  /** @param isStrict whether a wrong template is an error; else the message is made without it. */
  constructor(templates: ChannelTemplates, notification: Notification, isStrict: boolean) {
    this.templates = templates;
    this.notification = withShortValues(notification);
    this.isStrict = isStrict;
  }

  plain(template: string, max: number): string {
    return this.fit(this.expand(template, max), max);
  }

  /** Everything on one line. */
  line(template: string, max = MAX_WORD): string {
    return fitLine(this.expand(template, max), max);
  }

  /** At most so many bytes. */
  bytes(template: string, max: number): string {
    return this.fit(this.expand(template, max), max, fitBytes);
  }

  /** Markdown in which values are no markup. */
  markdown(template: string, dialect: Dialect, max: number, fit = fitCharacters): string {
    return this.fit(renderMarked(this.marked(template, max).marked, dialect), max, fit);
  }

  markdownLine(template: string, dialect: Dialect, max: number): string {
    return fitLine(renderMarked(this.marked(template, max).marked, dialect), max);
  }

  /** Text with marks around its values; see `marked-text.ts`. What is not whole may lack an end of markup. */
  marked(template: string, max: number): { marked: string; isWhole: boolean } {
    const room = roomFor(max);
    const marked = this.mend(
      () => this.templates.escaped(template, this.notification, markValue, room),
      markValue,
    );
    return { marked, isWhole: marked.length <= room };
  }

  /** HTML in which values are no markup. What is not whole may lack the end of a tag, or of a value. */
  html(template: string, max: number): { html: string; isWhole: boolean } {
    const room = roomFor(max);
    const html = this.mend(
      () => this.templates.html(template, this.notification, room),
      (text) => escapeHtml(text).replaceAll("\n", "<br>"),
    );
    return { html: tidyText(html), isWhole: html.length <= room };
  }

  /** A link that people may follow; undefined when the template made none. */
  url(template: string, max?: number): string | undefined {
    return webUrl(this.expand(template, 4096), max);
  }

  /** Cuts a text that came from elsewhere, and remembers it. */
  fit(text: string, max: number, fit = fitCharacters): string {
    const fitted = fit(text, max);
    if (fitted.endsWith("…") && !text.trimEnd().endsWith("…")) this.isShortened = true;
    return fitted;
  }

  private expand(template: string, max: number): string {
    return this.mend(
      () => this.templates.text(template, this.notification, roomFor(max)),
      (text) => text,
    );
  }

  private mend(expand: () => string, escape: (text: string) => string): string {
    try {
      return expand();
    } catch (error) {
      if (this.isStrict || !isTemplateFault(error)) throw error;
      return escape(withoutTemplate(this.notification, error));
    }
  }
}
