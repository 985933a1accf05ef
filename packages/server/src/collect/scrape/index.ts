export {
  ExpositionError,
  createExpositionParser,
  decodeSeries,
  parseExposition,
  type ExpositionFormat,
  type ExpositionParser,
  type ExpositionSink,
  type MetadataKind,
} from "./exposition/index.ts";
export { createScraper, type Scraper, type ScraperOptions, type ScraperStats } from "./scraper.ts";
export type { ScrapeTarget } from "./target.ts";
