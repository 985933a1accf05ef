import type { Integration } from "../channel.ts";
import { htmlToText, tidyText } from "../fit-text.ts";
import { renderMarked, unmark } from "../marked-text.ts";
import type { Texts } from "../texts.ts";

type TelegramConfig = Integration<"telegram">["config"];
type ParseMode = "HTML" | "MarkdownV2" | "Markdown";

/** A message; without a parse mode Telegram shows it as it is. */
export interface TelegramText {
  text: string;
  parseMode: ParseMode | undefined;
}

/** Characters that are shown, and bytes that are read at all. */
const MAX_SHOWN = 4096;
const MAX_BYTES = 32_768;

const EMPTY = "(no details)";

const modeOf = ({ parse_mode: mode }: TelegramConfig): ParseMode | undefined =>
  mode === "" || mode === "none" ? undefined : mode;

function plain(texts: Texts, text: string): TelegramText {
  const fitted = texts.fit(text, MAX_SHOWN);
  return { text: fitted === "" ? EMPTY : fitted, parseMode: undefined };
}

/** The message without its format: for what is too long, or cannot be read with it. */
export const plainOf = (config: TelegramConfig, texts: Texts): TelegramText =>
  modeOf(config) === "HTML"
    ? plain(texts, htmlToText(texts.html(config.message, MAX_BYTES).html))
    : plain(texts, texts.plain(config.message, MAX_SHOWN));

/** The text with its format, and the characters of it that are shown. */
function formattedOf(
  mode: ParseMode,
  { message }: TelegramConfig,
  texts: Texts,
): { formatted: string; shown: string; isWhole: boolean } {
  if (mode === "HTML") {
    const { html, isWhole } = texts.html(message, MAX_BYTES);
    return { formatted: html, shown: htmlToText(html), isWhole };
  }
  const { marked, isWhole } = texts.marked(message, MAX_SHOWN);
  return { formatted: renderMarked(marked, mode), shown: unmark(marked), isWhole };
}

/**
 * The message in the configured language, its values escaped. Cutting it could leave a tag open, which Telegram would
 * refuse, so what is too long goes without its format.
 */
export function messageOf(config: TelegramConfig, texts: Texts): TelegramText {
  const parseMode = modeOf(config);
  if (parseMode === undefined) return plainOf(config, texts);
  const { formatted, shown, isWhole } = formattedOf(parseMode, config, texts);
  const fits =
    isWhole && shown.trim().length <= MAX_SHOWN && Buffer.byteLength(formatted) <= MAX_BYTES;
  const text = fits ? tidyText(formatted) : "";
  return text === "" ? plain(texts, shown) : { text, parseMode };
}
