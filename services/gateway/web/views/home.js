// Who comes first sees what this is; who comes back goes on where they left.
import * as session from "../session.js";
import { get } from "../api.js";
import { h } from "../dom.js";
import { star } from "../pictures.js";
import { courseCards } from "./cards.js";
import { myCourses } from "./learning.js";

export default async function home({ signal }) {
  const user = session.user();
  const [page, own] = await Promise.all([
    get("/courses", { pageSize: 6 }, { signal }),
    user ? myCourses(signal) : [],
  ]);
  const began = own.filter(({ progress }) => !progress.completed);
  return h("div", {},
    user ? back(user, began) : welcome(),
    h("section", { class: "wide", "aria-labelledby": "newest" },
      h("div", { class: "between" },
        h("h2", { id: "newest" }, "Courses"),
        h("a", { href: "#/courses" }, page.totalSize > page.courses.length ? `All ${page.totalSize} courses` : "Search and filter")),
      courseCards(page.courses)));
}

const welcome = () =>
  h("section", { class: "hero" }, h("div", { class: "wide" },
    star(),
    h("h1", {}, "Learn something worth knowing."),
    h("p", {}, "Courses to read and to watch, quizzes that tell you why, and a certificate that anyone can check."),
    h("p", { class: "actions" },
      h("a", { class: "button", href: "#/sign-up" }, "Start learning"),
      h("a", { class: "button second", href: "#/courses" }, "Look around"))));

function back(user, began) {
  const next = began[0];
  return h("section", { class: "hero small" }, h("div", { class: "wide" },
    h("h1", {}, `Hello${user.displayName ? `, ${user.displayName}` : ""}`),
    next
      ? [h("p", {}, "You were at “", next.course.title, "”, ", `${next.progress.percentage} % done.`),
        h("p", { class: "actions" }, h("a", { class: "button", href: next.way }, "Continue where you left"))]
      : h("p", {}, "Which course will it be?")));
}
