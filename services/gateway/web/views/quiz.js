// A quiz: what it asks for, an attempt whose answers are saved as one goes, and its result.
import * as api from "../api.js";
import { ask, counted, fill, h, minutes, moment, percent, say } from "../dom.js";
import { icon } from "../pictures.js";
import { questionText } from "../markdown.js";
import { questionBox } from "./question.js";

const SAVE_MS = 800;

export default async function quizView({ lesson: lessonId, signal }) {
  const path = `/quiz/${lessonId}`;
  const [quiz, lesson, { results }] = await Promise.all([
    api.get(path, {}, { signal }),
    api.get(`/lessons/${lessonId}`, {}, { signal }),
    api.get(`${path}/results`, { pageSize: 10 }, { signal }),
  ]);
  const place = h("div", { class: "narrow quiz" });
  const context = { path, quiz, lesson, signal, place };
  if (quiz.attemptId) await begin(context);
  else intro(context, results);
  return place;
}

const crumbs = ({ lesson }) =>
  h("p", { class: "category" }, h("a", { href: `#/lessons/${lesson.lessonId}`, dir: "auto" }, lesson.title));

const left = (quiz) => (quiz.maxAttempts ? Math.max(0, quiz.maxAttempts - quiz.attemptsUsed) : Infinity);

function intro(context, results) {
  const { quiz, place } = context;
  const count = quiz.drawCount || quiz.questions.length;
  const button = h("button", { onclick: () => start(button, context) }, results.length ? "Try again" : "Start the quiz");
  fill(place,
    crumbs(context),
    h("h1", { dir: "auto" }, quiz.title || "Quiz"),
    h("ul", { class: "rules" },
      count > 0 && h("li", {}, counted(count, "question")),
      h("li", {}, `Passed from ${quiz.passPercentage} % on`),
      quiz.timeLimitSeconds > 0 && h("li", {}, `${minutes(Math.ceil(quiz.timeLimitSeconds / 60))}, from the moment you start`),
      quiz.maxAttempts > 0 && h("li", {}, `${left(quiz)} of ${counted(quiz.maxAttempts, "attempt")} left`)),
    quiz.passed && h("p", { class: "notice good" }, icon("check"), `You have passed this quiz${quiz.percentage === undefined ? "" : ` with ${percent(quiz.percentage)}`}.`),
    h("p", { class: "actions" },
      left(quiz) > 0 && button,
      h("a", { class: "button second", href: `#/lessons/${context.lesson.lessonId}` }, "Back to the lesson")),
    results.length > 0 && h("section", { "aria-labelledby": "before" },
      h("h2", { id: "before" }, "Your attempts"),
      results.map((result) => h("details", { class: "card attempt" },
        h("summary", {}, h("span", {}, moment(result.submitTime)), h("strong", { class: result.passed ? "good" : "" }, percent(result.percentage), result.passed ? ", passed" : "")),
        review(result)))));
}

async function start(button, context) {
  button.disabled = true;
  try {
    await begin(context);
  } catch (error) {
    say(error.message, "bad");
    button.disabled = false;
  }
}

async function begin(context) {
  const attempt = await api.post(`${context.path}/start`);
  context.quiz.attemptsUsed += context.quiz.attemptId === attempt.attemptId ? 0 : 1;
  context.quiz.attemptId = attempt.attemptId;
  work(context, attempt);
}

function work(context, attempt) {
  const { quiz, place, signal } = context;
  const saved = new Map(attempt.answers.map((answer) => [answer.questionId, answer]));
  const state = h("p", { class: "saved", role: "status" });
  const changed = new Set();
  let timer, saving = Promise.resolve();
  const save = () => {
    clearTimeout(timer);
    const answers = [...changed].map((box) => box.answer() ?? { questionId: box.questionId });
    changed.clear();
    if (!answers.length) return saving;
    saving = saving.then(() => api.put(`/quiz/attempts/${attempt.attemptId}/answers`, { answers }))
      .then(() => { state.textContent = "Saved"; }, () => { state.textContent = "Not saved: it will be sent with your answers."; });
    return saving;
  };
  const boxes = attempt.questions.map((question, number) => questionBox(question, number + 1, saved.get(question.questionId), (box) => {
    changed.add(box);
    state.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_MS);
  }));
  signal.addEventListener("abort", () => { clearTimeout(timer); save(); });
  const button = h("button", {}, "Submit my answers");
  const submit = async (isOver) => {
    const open = boxes.filter((box) => !box.answer());
    if (!isOver && open.length) {
      const which = open.map((box) => box.number).join(", ");
      if (!(await ask(`${counted(open.length, "question")} unanswered`, `You have not answered question ${which}. An open question gives no points.`, "Submit anyway"))) {
        open[0].focus();
        return;
      }
    }
    button.disabled = true;
    clearTimeout(timer);
    try {
      await saving;
      const answers = boxes.map((box) => box.answer()).filter(Boolean);
      const result = await api.post(`${context.path}/submit`, { attemptId: attempt.attemptId, answers });
      context.quiz.attemptId = "";
      await finished(context, result);
    } catch (error) {
      say(error.message, "bad");
      button.disabled = false;
    }
  };
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(false); } },
    boxes.map((box) => box.element),
    h("div", { class: "actions submit" }, button, state));
  fill(place,
    crumbs(context),
    h("h1", { dir: "auto" }, quiz.title || "Quiz"),
    attempt.expireTime && clock(attempt.expireTime, signal, () => { say("Your time is over: your answers are graded."); submit(true); }),
    form);
  scrollTo(0, 0);
  focusOn(place.querySelector("h1"));
}

function clock(expireTime, signal, over) {
  const shown = h("span", { role: "timer" });
  const box = h("p", { class: "clock" }, icon("clock"), shown);
  let told = false;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((Date.parse(expireTime) - Date.now()) / 1000));
    shown.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
    box.classList.toggle("soon", seconds <= 60);
    if (seconds <= 60 && !told) { told = true; say("One minute left."); }
    if (seconds === 0) { clearInterval(timer); if (box.isConnected) over(); }
  };
  const timer = setInterval(tick, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  tick();
  return box;
}

async function finished(context, result) {
  const { place, lesson, quiz } = context;
  const again = left(quiz) > 0;
  fill(place,
    crumbs(context),
    h("h1", {}, result.passed ? "Passed!" : "Not passed this time"),
    h("div", { class: `score ${result.passed ? "good" : ""}` },
      h("strong", {}, percent(result.percentage)),
      h("span", {}, `${Number(result.score.toFixed(2))} of ${counted(result.maxScore, "point")}. Passed from ${quiz.passPercentage} % on.`)),
    h("p", { class: "actions" },
      result.passed
        ? h("a", { class: "button", href: `#/lessons/${lesson.nextLessonId || lesson.lessonId}` }, lesson.nextLessonId ? "On to the next lesson" : "Back to the lesson")
        : h("a", { class: "button", href: `#/lessons/${lesson.lessonId}` }, "Read the lesson again"),
      again && h("button", { class: "second", onclick: (event) => start(event.currentTarget, context) }, "Try again")),
    h("h2", {}, "Your answers"),
    review(result));
  scrollTo(0, 0);
  focusOn(place.querySelector("h1"));
}

function review(result) {
  return h("ol", { class: "review" }, result.questionResults.map((each) => h("li", { class: each.correct ? "right" : "wrong" },
    h("div", { class: "asked", dir: "auto" }, questionText(each.text.replaceAll("_____", "…"))),
    h("p", { class: "verdict" }, icon(each.correct ? "check" : "cross"), each.correct ? "Right" : each.points > 0 ? "Partly right" : "Not right"),
    h("p", {}, "Your answer: ", each.answers.length ? list(each.answers) : h("em", {}, "none")),
    !each.correct && each.correctAnswers.length > 0 && h("p", {}, "Right: ", list(each.correctAnswers.map(tolerance))),
    each.feedback && h("div", { class: "feedback", dir: "auto" }, questionText(each.feedback)))));
}

// Numbers are written as GIFT has them: value and tolerance.
const tolerance = (text) => text.replace(/^(-?[\d.]+):([\d.]+)$/, (_, value, by) => (Number(by) ? `${value} ± ${by}` : value));
const list = (texts) => texts.map((text, place) => [place > 0 && h("span", { class: "between-answers" }, "; "), h("bdi", {}, text)]);

function focusOn(element) {
  element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
}
