/** Of the package; it stands in the resource of every span. */
export const VERSION = "0.1.0";
