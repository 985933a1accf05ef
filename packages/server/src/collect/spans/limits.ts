/** Spans of one request that are read. */
export const MAX_SPANS = 1_000_000;
/** Attributes of one span, event, link or resource that are kept. */
export const MAX_ATTRIBUTES = 512;
/** Events and links of one span that are kept. */
export const MAX_EVENTS = 256;
/** Longest text of an attribute; what is longer is cut off. */
export const MAX_TEXT_CHARACTERS = 8192;
/** Longest name of a span, an attribute or an event. */
export const MAX_NAME_CHARACTERS = 512;
