import { describeError, type Logger } from "#lib";

/** What has to be undone when the server stops, in the order opposite to that in which it was started. */
export class Shutdown {
  private readonly steps: { name: string; run: () => unknown }[] = [];
  private running: Promise<void> | undefined;
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  add(name: string, run: () => unknown): void {
    this.steps.push({ name, run });
  }

  /** Runs every step once, however often it is called; a step that fails keeps none of the others from running. */
  run(): Promise<void> {
    this.running ??= this.runSteps();
    return this.running;
  }

  private async runSteps(): Promise<void> {
    for (const { name, run } of this.steps.toReversed()) {
      try {
        await run();
      } catch (error) {
        this.logger.error({ error: describeError(error) }, `failed to stop: ${name}`);
      }
    }
  }
}
