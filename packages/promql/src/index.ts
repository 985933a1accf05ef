export type * from "./ast.ts";
export { typeOf } from "./check.ts";
export { PromQLError } from "./error.ts";
export { formatPromQL } from "./format.ts";
export { functions, type FunctionSignature } from "./functions.ts";
export { MAX_LENGTH, MAX_NESTING, MAX_OPERATORS } from "./lex.ts";
export { parsePromQL } from "./parse.ts";
