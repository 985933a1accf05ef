import { words } from "./text-classifier.ts";

export type Hit = { id: string; text: string; score: number };

/** Finds documents by their words, rarest words first (TF-IDF); the oldest documents leave when it is full. */
export class InvertedIndex {
  readonly #limit: number;
  readonly #documents = new Map<string, string>();
  readonly #postings = new Map<string, Map<string, number>>();
  evicted = 0;

  /** @param limit Most documents kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#documents.size;
  }

  get terms(): number {
    return this.#postings.size;
  }

  /** Adds a document, or replaces the one with this id. */
  add(id: string, text: string): void {
    this.remove(id);
    if (this.#documents.size >= this.#limit) {
      for (const oldest of this.#documents.keys()) {
        this.remove(oldest);
        this.evicted++;
        break;
      }
    }
    this.#documents.set(id, text);
    for (const word of words(text)) {
      let posting = this.#postings.get(word);
      if (posting === undefined) this.#postings.set(word, (posting = new Map()));
      posting.set(id, (posting.get(id) ?? 0) + 1);
    }
  }

  remove(id: string): void {
    const text = this.#documents.get(id);
    if (text === undefined) return;
    this.#documents.delete(id);
    for (const word of words(text)) {
      const posting = this.#postings.get(word);
      posting?.delete(id);
      if (posting?.size === 0) this.#postings.delete(word);
    }
  }

  /** The best `limit` documents, best first; empty when no word is known. */
  search(query: string, limit: number): Hit[] {
    const scores = new Map<string, number>();
    for (const word of new Set(words(query))) {
      const posting = this.#postings.get(word);
      if (posting === undefined) continue;
      const rarity = Math.log(1 + this.#documents.size / posting.size);
      for (const [id, count] of posting) {
        scores.set(id, (scores.get(id) ?? 0) + rarity * (1 + Math.log(count)));
      }
    }
    return [...scores]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([id, score]) => ({ id, text: this.#documents.get(id) ?? "", score }));
  }
}
