// Markdown made into elements: markdown-it reads it, DOMPurify lets through what is harmless.
import "./vendor/markdown-it.umd.min.js";
import "./vendor/purify.min.js";

const { markdownit, DOMPurify } = globalThis;
const lessons = markdownit({ html: true, linkify: true });
const questions = markdownit({ html: false });
// A table's alignment as an attribute: the policy forbids styles within a text.
for (const markdown of [lessons, questions]) {
  markdown.renderer.rules.th_open = markdown.renderer.rules.td_open = (tokens, index, options, _, renderer) => {
    const style = tokens[index].attrGet("style");
    if (style) tokens[index].attrs = [["align", style.replace("text-align:", "")]];
    return renderer.renderToken(tokens, index, options);
  };
}
const FORBIDDEN = { FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "svg", "math", "dialog"], FORBID_ATTR: ["style", "class", "id", "name"], RETURN_DOM_FRAGMENT: true, ALLOW_DATA_ATTR: false };

/** A lesson's text: its headings one below the page's, links to lessons as views of this page. */
export function lessonText(markdown) {
  const text = DOMPurify.sanitize(lessons.render(markdown), FORBIDDEN);
  lowerHeadings(text);
  for (const link of text.querySelectorAll("a[href], area[href]")) mendLink(link);
  for (const image of text.querySelectorAll("img")) {
    image.loading = "lazy";
    if (!image.hasAttribute("alt")) image.alt = "";
  }
  for (const wide of text.querySelectorAll("table, pre")) {
    // What is wider than a phone scrolls by itself, by keyboard too.
    const frame = document.createElement("div");
    frame.className = "scrolls";
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", wide.tagName === "TABLE" ? "Table" : "Code");
    wide.replaceWith(frame);
    frame.append(wide);
  }
  return text;
}

/** A text of a quiz, where tags are text. */
export const questionText = (markdown) => DOMPurify.sanitize(questions.render(markdown), FORBIDDEN);
/** The same in one line. */
export const questionLine = (markdown) => DOMPurify.sanitize(questions.renderInline(markdown), FORBIDDEN);

function lowerHeadings(text) {
  const headings = [...text.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  // The title is the only h1, and no level is left out on the way down.
  const open = [];
  const names = new Map();
  for (const heading of headings) {
    const level = Number(heading.tagName[1]);
    while (open.length && open.at(-1) >= level) open.pop();
    open.push(level);
    const lowered = document.createElement(`h${Math.min(open.length + 1, 6)}`);
    lowered.append(...heading.childNodes);
    // As GitHub names the parts of a text, which is what links in lessons count on.
    const name = lowered.textContent.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const times = names.get(name) ?? 0;
    names.set(name, times + 1);
    lowered.id = `part-${name}${times ? `-${times}` : ""}`;
    heading.replaceWith(lowered);
  }
}

function mendLink(link) {
  const href = link.getAttribute("href");
  if (href.startsWith("#")) return;
  // What an import found to lead nowhere still stands as it was written: it is words, then. So is what
  // is no address at all.
  const leads = /^([a-z][a-z0-9+.-]*:|\/)/i.test(href) && URL.canParse(href, location.href);
  if (!leads) return link.replaceWith(...link.childNodes);
  const url = new URL(href, location.href);
  const lesson = url.origin === location.origin && /^\/lessons\/[^/]+$/.test(url.pathname);
  if (lesson) return link.setAttribute("href", `#${url.pathname}`);
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}
