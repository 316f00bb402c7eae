// The courses one is in, and how far.
import * as api from "../api.js";
import { counted, h, progressBar } from "../dom.js";
import { sky } from "../pictures.js";

/** The courses of the caller with their progress and the way into them, those under way first. */
export async function myCourses(signal) {
  const { courses } = await api.get("/progress/me", {}, { signal });
  const own = await Promise.all(courses.map(async (progress) => {
    try {
      const course = await api.course(progress.courseId, { signal });
      const first = course.sections[0]?.lessons[0]?.lessonId;
      const lesson = progress.lastLessonId || first;
      return { progress, course, way: lesson ? `#/lessons/${lesson}` : `#/courses/${course.slug}` };
    } catch (error) {
      if (error.status === 404) return null; // It was put away since.
      throw error;
    }
  }));
  const when = ({ progress }) => Date.parse(progress.completeTime ?? progress.enrollTime);
  return own.filter(Boolean).sort((one, other) =>
    one.progress.completed - other.progress.completed
    || Boolean(other.progress.lastLessonId) - Boolean(one.progress.lastLessonId)
    || when(other) - when(one));
}

export default async function learning({ signal }) {
  const [own, activity] = await Promise.all([
    myCourses(signal),
    api.get("/progress/me/activity", {}, { signal }).catch(() => null),
  ]);
  const under = own.filter(({ progress }) => !progress.completed);
  const done = own.filter(({ progress }) => progress.completed);
  return h("div", { class: "wide" },
    h("h1", {}, "My learning"),
    activity?.currentStreak > 0 && h("p", { class: "lead" }, `${counted(activity.currentStreak, "day")} in a row. Your longest: ${activity.longestStreak}.`),
    !own.length && h("p", {}, "You are in no course yet. ", h("a", { href: "#/courses" }, "Find one that you like.")),
    under.length > 0 && [h("h2", {}, "Under way"), h("ul", { class: "cards" }, under.map(ownCard))],
    done.length > 0 && [h("h2", {}, "Completed"), h("ul", { class: "cards" }, done.map(ownCard))]);
}

function ownCard({ progress, course, way }) {
  return h("li", { class: "card course-card" },
    sky(course.slug),
    h("div", { class: "inside" },
      h("h3", { class: "course-title", dir: "auto" }, h("a", { href: `#/courses/${course.slug}` }, course.title)),
      progressBar(progress.percentage, `Progress in ${course.title}`),
      h("p", { class: "facts" }, `${progress.percentage} %`),
      h("p", { class: "actions raised" }, h("a", { class: "button", href: progress.completed ? `#/courses/${course.slug}` : way }, progress.completed ? "See the certificate" : progress.lastLessonId ? "Continue" : "Begin"))));
}
