// All courses: searched, filtered, ordered. What is asked for stands in the address.
import { all, get } from "../api.js";
import { fill, h, say } from "../dom.js";
import { icon } from "../pictures.js";
import { courseCard } from "./cards.js";

const ORDERS = [["", "Best match"], ["publishTime desc", "Newest first"], ["title", "By title"], ["durationMinutes", "Shortest first"]];
const WAIT_MS = 300;

export default async function catalogue({ query, signal }) {
  const asked = { q: query.get("q") ?? "", category: query.get("category") ?? "", tags: query.getAll("tag"), language: query.get("language") ?? "", orderBy: query.get("orderBy") ?? "" };
  const [page, categories, tags] = await Promise.all([
    find(asked, "", signal),
    all("/categories", "categories", {}, { signal }).catch(() => []),
    all("/tags", "tags", {}, { signal }).catch(() => []),
  ]);
  const list = h("ul", { class: "cards" });
  const found = h("p", { class: "found", role: "status" });
  const more = h("p", { class: "more" });
  const show = (page, first) => {
    if (first) list.replaceChildren();
    list.append(...page.courses.map((course) => courseCard(course, "h2")));
    found.textContent = page.totalSize === 1 ? "1 course" : `${page.totalSize} courses`;
    fill(more, page.nextPageToken && h("button", { class: "second", onclick: () => find(asked, page.nextPageToken, signal).then((next) => show(next, false), (error) => say(error.message, "bad")) }, "Show more"));
    if (!page.totalSize) fill(more, h("p", {}, "Nothing fits. Try fewer words, or fewer filters."));
  };
  let asking = new AbortController();
  const again = async () => {
    asking.abort();
    asking = new AbortController();
    history.replaceState(null, "", address(asked));
    try {
      show(await find(asked, "", AbortSignal.any?.([signal, asking.signal]) ?? asking.signal), true);
    } catch (error) {
      if (error.name !== "AbortError") say(error.message, "bad");
    }
  };
  show(page, true);
  return h("div", { class: "wide" },
    h("h1", {}, "Courses"),
    filters(asked, categories, tags, page.courses, again),
    found, list, more);
}

const find = ({ q, category, tags, language, orderBy }, pageToken, signal) => {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries({ q, category, language, orderBy, pageToken })) if (value) values.set(name, value);
  for (const tag of tags) values.append("tags", tag);
  return get(`/courses?${values}`, {}, { signal });
};

function address({ q, category, tags, language, orderBy }) {
  const values = new URLSearchParams(Object.entries({ q, category, language, orderBy }).filter(([, value]) => value));
  for (const tag of tags) values.append("tag", tag);
  return `#/courses${`${values}` && `?${values}`}`;
}

function filters(asked, categories, tags, courses, again) {
  let waiting;
  const search = h("input", { type: "search", id: "q", value: asked.q, maxlength: 200, placeholder: "What would you like to learn?", autocomplete: "off",
    oninput: () => { asked.q = search.value.trim(); clearTimeout(waiting); waiting = setTimeout(again, WAIT_MS); } });
  const select = (name, label, options) => h("div", { class: "field" },
    h("label", { for: name }, label),
    h("select", { id: name, onchange: (event) => { asked[name] = event.target.value; again(); } },
      options.map(([value, text]) => h("option", { value, selected: value === asked[name] }, text))));
  const languages = [...new Set([...courses.map((course) => course.language), asked.language])].filter(Boolean);
  const names = new Intl.DisplayNames(undefined, { type: "language" });
  return h("form", { class: "filters", role: "search", onsubmit: (event) => { event.preventDefault(); again(); } },
    h("div", { class: "field search" }, h("label", { for: "q" }, "Search"), h("div", { class: "with-icon" }, icon("search"), search)),
    categories.length > 0 && select("category", "Category", [["", "All"], ...categories.map(({ name, slug, courseCount }) => [slug, `${name} (${courseCount})`])]),
    languages.length > 1 && select("language", "Language", [["", "All"], ...languages.map((tag) => [tag, names.of(tag)])]),
    select("orderBy", "Order", ORDERS),
    tags.length > 0 && tagChoices(asked, tags, again));
}

function tagChoices(asked, tags, again) {
  const toggle = (event, slug) => {
    const on = !asked.tags.includes(slug);
    asked.tags = on ? [...asked.tags, slug] : asked.tags.filter((other) => other !== slug);
    event.currentTarget.setAttribute("aria-pressed", on);
    again();
  };
  return h("div", { class: "tags", role: "group", "aria-label": "Tags" },
    tags.filter(({ courseCount }) => courseCount).slice(0, 30).map(({ name, slug }) =>
      h("button", { type: "button", class: "tag", "aria-pressed": String(asked.tags.includes(slug)), onclick: (event) => toggle(event, slug) }, name)));
}
