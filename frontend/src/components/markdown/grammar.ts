import { gfm } from "micromark-extension-gfm";
import { math } from "micromark-extension-math";
import type { Code, Construct, Effects, Extension, State, TokenizeContext, Tokenizer } from "micromark-util-types";

const LEFT_BRACKET = 91;
const RIGHT_BRACKET = 93;
const LEFT_PARENTHESIS = 40;
const RIGHT_PARENTHESIS = 41;
const BACKSLASH = 92;
const DOLLAR = 36;

// micromark's codes: line endings are -5..-3, tabs and the spaces they stand for -2 and -1.
const isLineEnd = (code: Code): boolean => code !== null && code < -2;
const isSpace = (code: Code): boolean => code === null || code < 0 || code === 32;
const isDigit = (code: Code): boolean => code !== null && code >= 48 && code <= 57;

/**
 * Pandoc's rule, so that "$5 and $10" stays money: behind the opening dollar and before the closing one stands no
 * space, and behind the closing one no digit. Two or more dollars always pass. Looks no further than the next dollar.
 */
const looksLikeMath: Construct = {
  partial: true,
  tokenize(effects, ok, nok) {
    let last: Code = null;
    const begin: State = (code) => {
      effects.enter("mathText");
      effects.consume(code);
      return first;
    };
    const first: State = (code) => {
      if (code === DOLLAR) return leave(ok)(code);
      return isSpace(code) ? leave(nok)(code) : within(code);
    };
    const within: State = (code) => {
      if (code === null) return leave(nok)(code);
      if (code === DOLLAR) {
        if (isSpace(last)) return leave(nok)(code);
        effects.consume(code);
        return behind;
      }
      last = code;
      effects.consume(code);
      return code === BACKSLASH ? escaped : within;
    };
    const escaped: State = (code) => {
      if (code !== DOLLAR && code !== BACKSLASH) return within(code);
      last = code;
      effects.consume(code);
      return within;
    };
    const behind: State = (code) => leave(isDigit(code) ? nok : ok)(code);
    const leave =
      (next: State): State =>
      (code) => {
        effects.exit("mathText");
        return next(code);
      };
    return begin;
  },
};

/** `\( … \)` and, inside a line, `\[ … \]`: how many models write maths. */
const parenthesisedMath: Construct = {
  name: "parenthesisedMath",
  tokenize(effects, ok, nok) {
    let closing: Code = null;
    const begin: State = (code) => {
      effects.enter("mathText");
      effects.enter("mathTextSequence");
      effects.consume(code);
      return bracket;
    };
    const bracket: State = (code) => {
      if (code !== LEFT_PARENTHESIS && code !== LEFT_BRACKET) return nok(code);
      closing = code === LEFT_PARENTHESIS ? RIGHT_PARENTHESIS : RIGHT_BRACKET;
      effects.consume(code);
      effects.exit("mathTextSequence");
      return between;
    };
    const between: State = (code) => {
      if (code === null) return nok(code);
      if (isLineEnd(code)) {
        effects.enter("lineEnding");
        effects.consume(code);
        effects.exit("lineEnding");
        return between;
      }
      return effects.attempt({ partial: true, tokenize: tokenizeClose(() => closing) }, done, data)(code);
    };
    const data: State = (code) => {
      effects.enter("mathTextData");
      effects.consume(code);
      return code === BACKSLASH ? escaped : inside;
    };
    const escaped: State = (code) => {
      if (code === null || isLineEnd(code)) return inside(code);
      effects.consume(code);
      return inside;
    };
    const inside: State = (code) => {
      if (code === null || isLineEnd(code) || code === BACKSLASH) {
        effects.exit("mathTextData");
        return between(code);
      }
      effects.consume(code);
      return inside;
    };
    const done: State = (code) => {
      effects.exit("mathText");
      return ok(code);
    };
    return begin;
  },
};

const tokenizeClose =
  (closing: () => Code): Tokenizer =>
  (effects, ok, nok) => {
    const begin: State = (code) => {
      if (code !== BACKSLASH) return nok(code);
      effects.enter("mathTextSequence");
      effects.consume(code);
      return bracket;
    };
    const bracket: State = (code) => {
      if (code !== closing()) return nok(code);
      effects.consume(code);
      effects.exit("mathTextSequence");
      return ok;
    };
    return begin;
  };

/** `\[` alone on its line up to a line that ends in `\]`: the same tokens as a `$$` fence gives. */
const bracketedMath: Construct = {
  name: "bracketedMath",
  concrete: true,
  tokenize(effects, ok, nok) {
    const lazy = (): boolean => this.parser.lazy[this.now().line] === true;
    const begin: State = (code) => {
      effects.enter("mathFlow");
      effects.enter("mathFlowFence");
      effects.enter("mathFlowFenceSequence");
      effects.consume(code);
      return bracket;
    };
    const bracket: State = (code) => {
      if (code !== LEFT_BRACKET) return nok(code);
      effects.consume(code);
      effects.exit("mathFlowFenceSequence");
      return spaces(lineEnd);
    };
    const spaces =
      (next: State): State =>
      (code) => {
        if (code !== -2 && code !== -1 && code !== 32) return next(code);
        effects.enter("whitespace");
        return blank(next)(code);
      };
    const blank =
      (next: State): State =>
      (code) => {
        if (code === -2 || code === -1 || code === 32) {
          effects.consume(code);
          return blank(next);
        }
        effects.exit("whitespace");
        return next(code);
      };
    const lineEnd: State = (code) => {
      if (code !== null && !isLineEnd(code)) return nok(code);
      effects.exit("mathFlowFence");
      return this.interrupt === true ? ok(code) : nextLine(code);
    };
    const nextLine: State = (code) => (code === null ? after(code) : effects.attempt(ownLine, line, after)(code));
    const ownLine: Construct = {
      partial: true,
      tokenize(inner, yes, no) {
        return (code) => {
          inner.enter("lineEnding");
          inner.consume(code);
          inner.exit("lineEnding");
          return (next) => (lazy() ? no(next) : yes(next));
        };
      },
    };
    const line: State = (code) => {
      if (code === null) return after(code);
      if (isLineEnd(code)) return nextLine(code);
      return effects.attempt(closingFence, after, text)(code);
    };
    const text: State = (code) => {
      effects.enter("mathFlowValue");
      return value(code);
    };
    const value: State = (code) => {
      effects.consume(code);
      return afterValue;
    };
    const afterValue: State = (code) => {
      if (code === null || isLineEnd(code) || code === BACKSLASH) {
        effects.exit("mathFlowValue");
        return line(code);
      }
      return value(code);
    };
    const after: State = (code) => {
      effects.exit("mathFlow");
      return ok(code);
    };
    return begin;
  },
};

const closingFence: Construct = {
  partial: true,
  tokenize(effects, ok, nok) {
    const begin: State = (code) => {
      effects.enter("mathFlowFence");
      return blanks(code);
    };
    const blanks: State = (code) => {
      if (code !== -2 && code !== -1 && code !== 32) return slash(code);
      effects.enter("whitespace");
      return blank(code);
    };
    const blank: State = (code) => {
      if (code === -2 || code === -1 || code === 32) {
        effects.consume(code);
        return blank;
      }
      effects.exit("whitespace");
      return slash(code);
    };
    const slash: State = (code) => {
      if (code !== BACKSLASH) return nok(code);
      effects.enter("mathFlowFenceSequence");
      effects.consume(code);
      return bracket;
    };
    const bracket: State = (code) => {
      if (code !== RIGHT_BRACKET) return nok(code);
      effects.consume(code);
      effects.exit("mathFlowFenceSequence");
      return end;
    };
    const end: State = (code) => {
      if (code !== null && !isLineEnd(code)) return nok(code);
      effects.exit("mathFlowFence");
      return ok(code);
    };
    return begin;
  },
};

function carefulDollars(): Extension {
  const known = math();
  const text = known.text?.[DOLLAR] as Construct;
  const tokenize = function (this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    return effects.check(looksLikeMath, text.tokenize.call(this, effects, ok, nok), nok);
  };
  return { ...known, text: { [DOLLAR]: { ...text, tokenize } } };
}

/** What the tokenizer knows: GitHub's Markdown and maths in the notations that models use. */
export const syntax: Extension[] = [
  gfm({ singleTilde: false }),
  carefulDollars(),
  { flow: { [BACKSLASH]: bracketedMath }, text: { [BACKSLASH]: [parenthesisedMath] } },
];
