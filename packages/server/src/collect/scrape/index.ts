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
export { LocalPage } from "./local-page.ts";
export {
  createScraper,
  type Scraper,
  type ScraperOptions,
  type ScraperStats,
  type TargetStatus,
} from "./scraper.ts";
export { SERVICES_POOL, type ScrapeRules, type ScrapeTarget } from "./target.ts";
