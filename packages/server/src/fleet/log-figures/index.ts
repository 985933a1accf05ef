export { LogFigures } from "./log-figures.ts";
