import { mask, type MaskKind } from "#lib";

import { isContent } from "./content.ts";
import { MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS } from "./limits.ts";

/** Texts of each kind that are remembered, at most twice as many, and their longest: shorter than any limit. */
const MAX_REMEMBERED = 2048;
const MAX_REMEMBERED_CHARACTERS = 64;

/** Half of a surrogate pair, which a cut may leave, has no form in UTF-8. */
export const whole = (text: string): string =>
  /[\uD800-\uDFFF]/.test(text) ? text.replace(/\p{Surrogate}/gu, "\uFFFD") : text;

/** What was made of short texts. Those that come again stay; the others make room, half of them at a time. */
class Remembered<T> {
  private readonly make: (text: string) => T;
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(make: (text: string) => T) {
    this.make = make;
  }

  of(text: string): T {
    if (text.length > MAX_REMEMBERED_CHARACTERS) return this.make(text);
    const known = this.young.get(text);
    if (known !== undefined) return known;
    const made = this.old.get(text) ?? this.make(text);
    if (this.young.size >= MAX_REMEMBERED) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(text, made);
    return made;
  }
}

export interface KnownName {
  /** As it is kept. */
  kept: string;
  isContent: boolean;
}

/** Names and values of attributes come again and again: how they are kept is found out once. */
export class TextMemory {
  readonly masks: readonly MaskKind[];
  private readonly names = new Remembered<KnownName>((text) => ({
    kept: whole(text.slice(0, MAX_NAME_CHARACTERS)),
    isContent: isContent(text),
  }));
  private readonly texts: Remembered<string>;

  constructor(masks: readonly MaskKind[]) {
    this.masks = masks;
    this.texts = new Remembered((text) => whole(mask(text, masks)));
  }

  name(text: string): KnownName {
    return this.names.of(text);
  }

  /** Masked, and cut off at the limit. */
  text(text: string, maxCharacters = MAX_TEXT_CHARACTERS): string {
    return this.texts.of(text.length > maxCharacters ? text.slice(0, maxCharacters) : text);
  }

  /** The same for texts that hardly come again: they would only take the place of others. */
  longText(text: string, maxCharacters: number): string {
    return whole(mask(text.slice(0, maxCharacters), this.masks));
  }
}
