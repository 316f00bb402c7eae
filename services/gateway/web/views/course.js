// A course: what it is about, its outline, being in it, and its certificate.
import * as session from "../session.js";
import * as api from "../api.js";
import { ask, counted, h, minutes, progressBar, say } from "../dom.js";
import { icon, sky } from "../pictures.js";
import { facts } from "./cards.js";
import { certificatePanel } from "./certificate.js";

export default async function courseView({ course: name, signal, show }) {
  const course = await api.course(name, { signal });
  const progress = session.user() ? await ownProgress(course, signal) : null;
  const lessons = course.sections.flatMap((section) => section.lessons);
  // A lesson is what comes next.
  globalThis.requestIdleCallback?.(() => import("./lesson.js").catch(() => {}));
  const done = new Map(progress?.lessons.map((lesson) => [lesson.lessonId, lesson]));
  return h("div", {},
    h("section", { class: "hero course-hero" },
      sky(course.slug),
      h("div", { class: "wide" },
        h("p", { class: "category" }, h("a", { href: "#/courses" }, "Courses"), course.category && ` / ${course.category}`),
        h("h1", { dir: "auto" }, course.title),
        h("p", { class: "summary", dir: "auto" }, course.summary),
        facts(course),
        h("div", { class: "actions" }, actions(course, lessons, progress, done, show)))),
    h("div", { class: "wide columns" },
      h("div", {}, outline(course, done, Boolean(progress))),
      h("aside", { "aria-label": "About the course" },
        progress && h("div", { class: "card inside" },
          h("h2", {}, progress.completed ? "Completed" : "Your progress"),
          progressBar(progress.percentage, "Progress in this course"),
          h("p", {}, `${progress.percentage} %: ${progress.completedLessons} of ${counted(progress.totalLessons, "lesson")}`,
            progress.quizzesTotal > 0 && `, ${progress.quizzesPassed} of ${counted(progress.quizzesTotal, "quiz")} passed`, ".")),
        progress && await certificatePanel(course, progress, signal),
        about(course),
        progress && h("p", {}, h("button", { class: "link quiet-link", onclick: () => leave(course, show) }, "Leave this course")))));
}

/** The caller's progress in a course; null for who is not in it. */
export async function ownProgress(course, signal) {
  try {
    return await api.get(`/progress/me/courses/${course.courseId}`, {}, { signal });
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** The lesson to go on with: the first that is not done, from the last one on. */
export function nextLesson(lessons, progress, done) {
  const isDone = ({ lessonId, hasQuiz }) => done.get(lessonId)?.completeTime && (!hasQuiz || done.get(lessonId).quizPassed);
  const last = lessons.findIndex((lesson) => lesson.lessonId === progress.lastLessonId);
  return [...lessons.slice(Math.max(last, 0)), ...lessons].find((lesson) => !isDone(lesson)) ?? lessons[0];
}

function actions(course, lessons, progress, done, show) {
  const preview = lessons.find((lesson) => lesson.preview);
  if (progress) {
    const next = nextLesson(lessons, progress, done);
    const label = progress.completed ? "Read again" : progress.lastLessonId ? "Continue where you left" : "Begin with the first lesson";
    return next && h("a", { class: "button", href: `#/lessons/${next.lessonId}` }, label);
  }
  const enrol = session.user()
    ? h("button", { onclick: (event) => enter(event.currentTarget, course, lessons) }, "Enrol, it is free")
    : h("a", { class: "button", href: `#/sign-up?to=${encodeURIComponent(`/courses/${course.slug}`)}` }, "Sign up and enrol");
  return [enrol, preview && h("a", { class: "button second", href: `#/lessons/${preview.lessonId}` }, "Read a lesson first")];
}

async function enter(button, course, lessons) {
  button.disabled = true;
  try {
    await api.post(`/courses/${course.courseId}/enroll`);
    say("You are enrolled.", "good");
    location.hash = lessons.length ? `#/lessons/${lessons[0].lessonId}` : "#/learning";
  } catch (error) {
    say(error.message, "bad");
    button.disabled = false;
  }
}

async function leave(course, show) {
  if (!(await ask("Leave this course?", "What you have done in it is kept, should you come back.", "Leave it", { danger: true }))) return;
  try {
    await api.remove(`/courses/${course.courseId}/enroll`);
    say("You have left the course.");
    show();
  } catch (error) {
    say(error.message, "bad");
  }
}

/** The sections and lessons, with what is done; `here` is the lesson that is open. */
export function outline(course, done, isIn, here = "") {
  return h("ol", { class: "outline" }, course.sections.map((section) => h("li", {},
    section.title && h(here ? "h3" : "h2", { dir: "auto" }, section.title),
    h("ol", {}, section.lessons.map((lesson) => lessonLine(lesson, done.get(lesson.lessonId), isIn, here))))));
}

function lessonLine(lesson, own, isIn, here) {
  const isDone = Boolean(own?.completeTime) && (!lesson.hasQuiz || own.quizPassed);
  const state = isDone ? "done" : own?.completeTime || own?.quizPassed ? "half" : "";
  const open = isIn || lesson.preview;
  const title = h("span", { class: "title", dir: "auto" }, lesson.title);
  const line = [
    h("span", { class: `dot ${state}`, "aria-hidden": "true" }, isDone ? icon("check") : String(lesson.position)),
    title,
    h("span", { class: "lesson-facts" },
      lesson.minutes > 0 && minutes(lesson.minutes),
      lesson.hasQuiz && h("span", { class: "pill" }, own?.quizPassed ? "Quiz passed" : "Quiz"),
      !isIn && lesson.preview && h("span", { class: "pill" }, "Free to read"),
      isDone && h("span", { class: "unseen" }, "done")),
  ];
  return h("li", {}, open
    ? h("a", { href: `#/lessons/${lesson.lessonId}`, "aria-current": lesson.lessonId === here && "page" }, line)
    : h("span", { class: "shut" }, line));
}

function about(course) {
  const rows = [
    ["By", course.authors.join(", ")],
    ["Language", new Intl.DisplayNames(undefined, { type: "language" }).of(course.language || "en")],
    ["Tags", course.tags.length > 0 && course.tags.map((tag, place) => [place > 0 && ", ", h("a", { href: `#/courses?tag=${encodeURIComponent(slug(tag))}` }, tag)])],
    ["Licence", course.license],
  ].filter(([, value]) => value && value.length);
  return h("div", { class: "card inside" }, h("h2", {}, "About"), h("dl", { class: "rows" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}

const slug = (name) => name.trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
