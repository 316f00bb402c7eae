// Courses as cards.
import { counted, h, minutes } from "../dom.js";
import { icon, sky } from "../pictures.js";

export const courseCards = (courses) => h("ul", { class: "cards" }, courses.map((course) => courseCard(course)));

export const facts = (course) =>
  h("p", { class: "facts" },
    h("span", {}, icon("book"), counted(course.lessonCount, "lesson")),
    course.durationMinutes > 0 && h("span", {}, icon("clock"), minutes(course.durationMinutes)));

/** A course; its title is a heading of the level that belongs there. */
export function courseCard(course, heading = "h3") {
  return h("li", { class: "card course-card" },
    sky(course.slug),
    h("div", { class: "inside" },
      course.category && h("p", { class: "category" }, course.category),
      h(heading, { class: "course-title", dir: "auto" }, h("a", { href: `#/courses/${course.slug}` }, course.title)),
      h("p", { class: "summary", dir: "auto" }, course.highlight ? marked(course.highlight) : course.summary),
      facts(course)));
}

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'", "&#34;": '"' };
// HTML in which all but <mark> is text: made into elements without being parsed as HTML.
const marked = (html) =>
  html.split(/<mark>(.*?)<\/mark>/s).map((part, place) => {
    const text = part.replace(/&(amp|lt|gt|quot|#39|#x27|#34);/g, (entity) => ENTITIES[entity]);
    return place % 2 ? h("mark", {}, text) : text;
  });
