// A lesson: its text, films and documents, and where it stands in its course.
import * as session from "../session.js";
import * as api from "../api.js";
import { counted, fill, h, minutes, say } from "../dom.js";
import { icon } from "../pictures.js";
import { lessonText } from "../markdown.js";
import { outline, ownProgress } from "./course.js";
import { documents, films } from "./media.js";

export default async function lessonView({ lesson: lessonId, signal, show }) {
  let lesson, media;
  try {
    [lesson, media] = await Promise.all([
      api.get(`/lessons/${lessonId}`, {}, { signal }),
      api.get(`/media/lesson/${lessonId}`, {}, { signal }).catch((error) => {
        if (error.status) return { videos: [], pdfs: [] };
        throw error;
      }),
    ]);
  } catch (error) {
    if (error.status === 404 || (error.status === 401 && !session.user())) return locked(lessonId, error);
    throw error;
  }
  const course = await api.course(lesson.courseId, { signal });
  const progress = session.user() ? await ownProgress(course, signal) : null;
  const done = new Map(progress?.lessons.map((each) => [each.lessonId, each]));
  const side = h("nav", { class: "side", "aria-label": "Lessons of this course" },
    h("details", { class: "card", open: matchMedia("(min-width: 60rem)").matches },
      h("summary", {}, `Lesson ${lesson.position} of ${course.lessonCount}`),
      h("h2", { dir: "auto" }, h("a", { href: `#/courses/${course.slug}` }, course.title)),
      outline(course, done, Boolean(progress), lessonId)));
  return h("div", { class: "wide reading" }, side,
    h("article", {},
      h("p", { class: "category" }, h("a", { href: `#/courses/${course.slug}`, dir: "auto" }, course.title)),
      h("h1", { dir: "auto" }, lesson.title),
      h("p", { class: "facts" },
        lesson.minutes > 0 && h("span", {}, icon("clock"), minutes(lesson.minutes)),
        media.videos.length > 0 && h("span", {}, icon("play"), counted(media.videos.length, "video")),
        media.pdfs.length > 0 && h("span", {}, icon("file"), counted(media.pdfs.length, "document"))),
      films(lesson, media, Boolean(progress), signal),
      h("div", { class: "text", lang: course.language, dir: "auto" }, lessonText(lesson.body)),
      documents(lesson, media, signal),
      await ending(lesson, course, progress, done, show)));
}

async function locked(lessonId, error) {
  const course = await api.courseOfLesson(lessonId);
  if (!course) throw error;
  return h("section", { class: "narrow" },
    h("h1", {}, "This lesson is for learners of the course"),
    h("p", {}, "Enrolling is free, and takes one click."),
    h("p", {}, h("a", { class: "button", href: `#/courses/${course.slug}` }, "Go to the course")));
}

async function ending(lesson, course, progress, done, show) {
  const next = lesson.nextLessonId && h("a", { class: "button second", href: `#/lessons/${lesson.nextLessonId}` }, "Next lesson");
  const previous = lesson.previousLessonId && h("a", { class: "button second", href: `#/lessons/${lesson.previousLessonId}` }, "Previous lesson");
  const ways = h("nav", { class: "ways", "aria-label": "Before and after" }, previous || h("span"), next);
  if (!progress) {
    const way = `/courses/${course.slug}`;
    return [h("div", { class: "card inside ending" },
      h("h2", {}, "Did you like it?"),
      h("p", {}, "Enrol to read the whole course, take its quizzes and earn its certificate."),
      h("a", { class: "button", href: session.user() ? `#${way}` : `#/sign-up?to=${encodeURIComponent(way)}` }, "Enrol")), ways];
  }
  const own = done.get(lesson.lessonId);
  const box = h("div", { class: "card inside ending" });
  drawEnding(box, lesson, course, own, show);
  return [box, ways];
}

function drawEnding(box, lesson, course, own, show) {
  const isRead = Boolean(own?.completeTime);
  const quiz = lesson.hasQuiz && h("a", { class: isRead ? "button" : "button second", href: `#/lessons/${lesson.lessonId}/quiz` },
    own?.quizPassed ? "See the quiz again" : "Take the quiz");
  const mark = async (event, path) => {
    event.currentTarget.disabled = true;
    try {
      const progress = await api.post(`/progress/${path}`, { lessonId: lesson.lessonId });
      say(progress.completed ? "You have completed the course!" : `${progress.percentage} % of the course done.`, "good");
      const top = scrollY;
      await show();
      scrollTo(0, top);
    } catch (error) {
      say(error.message, "bad");
      event.target.disabled = false;
    }
  };
  fill(box,
    h("h2", {}, isRead ? (own.quizPassed || !lesson.hasQuiz ? "This lesson is done" : "Read. Now the quiz?") : "At the end?"),
    h("div", { class: "actions" },
      isRead ? null : h("button", { onclick: (event) => mark(event, "mark-complete") }, icon("check"), "Mark as complete"),
      quiz,
      isRead && lesson.nextLessonId && (own.quizPassed || !lesson.hasQuiz) && h("a", { class: "button", href: `#/lessons/${lesson.nextLessonId}` }, "On to the next lesson"),
      isRead && !lesson.nextLessonId && h("a", { class: "button second", href: `#/courses/${course.slug}` }, "To the course and its certificate"),
      isRead && h("button", { class: "link quiet-link", onclick: (event) => mark(event, "mark-incomplete") }, "Not done after all")));
}
