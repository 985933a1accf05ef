import { describeError } from "#lib";

import type { TargetGroup } from "../target-labels.ts";
import type { Source, SourceContext } from "./types.ts";

interface PollOptions {
  /** Where is looked, for the log. */
  place: string;
  intervalMs: number;
  /** @throws when the source does not answer as it should. */
  look(signal: AbortSignal): Promise<TargetGroup[]>;
}

/** A source that is asked again and again; an answer that is wrong leaves the former one in force. */
export class PolledSource implements Source {
  private readonly options: PollOptions;
  private readonly context: SourceContext;
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private known: readonly TargetGroup[] = [];
  private knownText = "[]";
  private lastError: string | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(options: PollOptions, context: SourceContext) {
    this.options = options;
    this.context = context;
  }

  /** Does not wait for the first answer: a source that hangs must not keep the server from starting. */
  async start(): Promise<void> {
    this.looking = this.look();
  }

  groups(): readonly TargetGroup[] {
    return this.known;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    clearTimeout(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const { place, intervalMs } = this.options;
    try {
      const groups = await this.options.look(this.abort.signal);
      const text = JSON.stringify(groups);
      this.lastError = undefined;
      if (text !== this.knownText && !this.abort.signal.aborted) {
        this.known = groups;
        this.knownText = text;
        this.context.onChange();
      }
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.fail(place, describeError(error));
    }
    if (this.abort.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.looking = this.look();
    }, intervalMs).unref();
  }

  private fail(place: string, message: string): void {
    this.context.onError();
    if (this.lastError === message) return;
    this.lastError = message;
    this.context.logger.warn(
      { job: this.context.job, place, error: message },
      "discovery failed; the targets that were found before stay",
    );
  }
}
