export type { Expr, TemplateNode, Tree } from "./ast.ts";
export { escapeHtml, escapeQuery } from "./builtins.ts";
export { FunctionError, TemplateError, type TemplatePlace } from "./errors.ts";
export { formatDigits, printFloat } from "./float.ts";
export {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  toFloat,
  toTime,
} from "./humanize.ts";
export { HtmlOutput } from "./html.ts";
export { capitalize, toLower, toUpper } from "./letters.ts";
export { plainOutput, type Output } from "./frame.ts";
export { TEMPLATE_LIMITS, type TemplateLimits } from "./limits.ts";
export { printValue } from "./print.ts";
export { sprintf } from "./printf.ts";
export { matchText, replaceText } from "./regex.ts";
export {
  expandNow,
  expandText,
  TemplateParser,
  TemplateSet,
  type FunctionTable,
  type ParsedTemplate,
} from "./template-set.ts";
export { GoDuration, GoTime, TIME } from "./time.ts";
export {
  ANY,
  fail as failFunction,
  FLOAT,
  GoMap,
  GoSlice,
  GoStruct,
  LIST,
  MAP,
  SafeText,
  STRING,
  stringOf,
  strings,
  STRINGS,
  stringsOf,
  TemplateCall,
  textFunction,
  typeName,
  type GoFunction,
  type ParameterType,
  type Value,
} from "./values.ts";
