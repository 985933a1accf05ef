export { PriceBook, type Cost, type Priced } from "./price-book.ts";
