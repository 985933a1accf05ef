/** Runs tasks of one key one after the other, and tasks of different keys side by side. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<unknown>>();
  /** Keys whose {@link once} task has not begun. */
  private readonly queued = new Set<string>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(task, task);
    const tail = result
      .catch(() => undefined)
      .then(() => {
        if (this.tails.get(key) === tail) this.tails.delete(key);
      });
    this.tails.set(key, tail);
    return result;
  }

  /** As {@link run}, but a task that waits already stands for this one too; `task` MUST read its input when it begins. */
  once(key: string, task: () => Promise<void>): void {
    if (this.queued.has(key)) return;
    this.queued.add(key);
    void this.run(key, () => {
      this.queued.delete(key);
      return task();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async settle(): Promise<void> {
    while (this.tails.size > 0) await Promise.all(this.tails.values());
  }
}
