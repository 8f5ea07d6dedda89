import { createContext, use } from "react";

import type { References } from "./blocks";

export interface DocumentValue {
  references: References;
  /** Begins the ids of this document's footnotes, so that two documents on a page keep apart. */
  prefix: string;
}

export const DocumentContext = createContext<DocumentValue>({
  references: { definitions: new Map(), footnotes: new Map(), numbers: new Map() },
  prefix: "",
});

export const useDocument = (): DocumentValue => use(DocumentContext);
