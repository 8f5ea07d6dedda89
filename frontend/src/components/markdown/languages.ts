import { common, createLowlight } from "lowlight";

/** The highlighter with its 37 common languages: a chunk of its own that is loaded with the first code block. */
export const lowlight = createLowlight(common);
