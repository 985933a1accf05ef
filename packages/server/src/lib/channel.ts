/** A function that is told of every message; it must not block. */
type Listener<T> = (message: T) => void;

/**
 * In-process fan-out of one kind of message. Listeners are called in the order in which they came, at once;
 * one that throws is reported to `onError` and disturbs nobody else.
 */
export class Channel<T> {
  private readonly listeners = new Set<Listener<T>>();
  private readonly onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.onError = onError;
  }

  /** @returns a function that ends the subscription. */
  subscribe(listener: Listener<T>): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(message: T): void {
    for (const listener of this.listeners) {
      try {
        listener(message);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
