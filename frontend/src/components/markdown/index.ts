export { CodeBlock } from "./CodeBlock";
export { Markdown } from "./Markdown";
export { markdownToPlain } from "./plain";
