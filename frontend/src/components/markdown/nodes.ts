import type { CompileContext, Extension, Handle } from "mdast-util-from-markdown";
import { gfmFootnoteFromMarkdown } from "mdast-util-gfm-footnote";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { mathFromMarkdown } from "mdast-util-math";

const built =
  (when: "enter" | "exit", name: "autolinkProtocol" | "autolinkEmail" | "data"): Handle =>
  function (this: CompileContext, token) {
    this.config[when][name]?.call(this, token);
  };

/**
 * Links of bare addresses that the tokenizer found. Not `mdast-util-gfm-autolink-literal`: it also searches the text, with an expression
 * whose time is quadratic in a row of "a.a.a", for links that the tokenizer finds already where they stand between spaces.
 */
const bareLinks: Extension = {
  enter: {
    literalAutolink(token) {
      this.enter({ type: "link", title: null, url: "", children: [] }, token);
    },
    literalAutolinkEmail: built("enter", "autolinkProtocol"),
    literalAutolinkHttp: built("enter", "autolinkProtocol"),
    literalAutolinkWww: built("enter", "autolinkProtocol"),
  },
  exit: {
    literalAutolink(token) {
      this.exit(token);
    },
    literalAutolinkEmail: built("exit", "autolinkEmail"),
    literalAutolinkHttp: built("exit", "autolinkProtocol"),
    literalAutolinkWww(token) {
      built("exit", "data").call(this, token);
      const link = this.stack.at(-1);
      if (link?.type === "link") link.url = `http://${this.sliceSerialize(token)}`;
    },
  },
};

/** What makes nodes of the tokens of ./grammar. */
export const nodes: Extension[] = [
  bareLinks,
  gfmFootnoteFromMarkdown(),
  gfmStrikethroughFromMarkdown(),
  gfmTableFromMarkdown(),
  gfmTaskListItemFromMarkdown(),
  mathFromMarkdown(),
];
