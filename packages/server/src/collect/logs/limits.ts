/** Lines of one request that are read. */
export const MAX_LINES = 500_000;
/** Longest text of a line; what is longer is cut off. */
export const MAX_BODY_CHARACTERS = 65_536;
/** Longest line of text, or of JSON, that is looked at. */
export const MAX_LINE_CHARACTERS = 1_048_576;
/** Attributes of one record that are read; fewer are kept. */
export const MAX_ATTRIBUTES_READ = 4096;
/** Lines whose fault an answer tells; all are counted. */
export const MAX_TOLD = 20;
/** Objects in objects whose keys become names with dots; those further down are kept as JSON. */
export const MAX_NESTING = 4;
