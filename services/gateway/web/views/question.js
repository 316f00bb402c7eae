// One question of each kind: how it is asked, and what its answer looks like.
import { h } from "../dom.js";
import { icon } from "../pictures.js";
import { questionLine, questionText } from "../markdown.js";

const KINDS = {
  QUESTION_TYPE_SINGLE_CHOICE: choices("radio"),
  QUESTION_TYPE_TRUE_FALSE: choices("radio"),
  QUESTION_TYPE_MULTIPLE_CHOICE: choices("checkbox"),
  QUESTION_TYPE_SHORT_TEXT: words,
  QUESTION_TYPE_NUMERIC: number,
  QUESTION_TYPE_MATCHING: matching,
  QUESTION_TYPE_ORDERING: ordering,
};
// Stands for a blank while Markdown is read, to which underscores mean something.
const BLANK = "\ue000";

/** A question in its box: `answer()` is null as long as there is none. `changed` is told of each change. */
export function questionBox(question, number, saved, changed) {
  const id = `q${number}`;
  const text = h("div", { class: "asked", id: `${id}-text`, dir: "auto" }, questionText(question.text.replaceAll(/_{5,}/g, BLANK)));
  const kind = (KINDS[question.type] ?? words)(question, id, saved, text, () => changed(box));
  fillBlanks(text, kind.blank);
  const hint = kind.hint && h("p", { class: "hint", id: `${id}-hint` }, kind.hint);
  const element = h("fieldset", { class: "card question", "aria-describedby": kind.hint && `${id}-hint` },
    h("legend", {}, h("span", { class: "number" }, `Question ${number}`), question.points > 1 && h("span", { class: "points" }, `${question.points} points`), h("span", { class: "unseen" }, `: ${text.textContent}`)),
    text, hint, kind.element);
  const box = {
    element, number, questionId: question.questionId,
    answer: () => {
      const found = kind.answer();
      return found && { questionId: question.questionId, ...found };
    },
    focus: () => element.querySelector("input, select, button")?.focus(),
  };
  return box;
}

function fillBlanks(text, input) {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const places = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes(BLANK)) places.push(walker.currentNode);
  for (const place of places) {
    const parts = place.data.split(BLANK);
    const nodes = parts.flatMap((part, index) => [index > 0 && (input ?? blank()), part]).filter(Boolean);
    if (parts.length > 1) input = null;
    place.replaceWith(...nodes);
  }
}

const blank = () => h("span", { class: "blank" }, h("span", { class: "unseen" }, " blank "));

function choices(type) {
  return (question, id, saved, _, changed) => {
    const inputs = question.options.map(({ optionId }) =>
      h("input", { type, name: id, value: optionId, checked: Boolean(saved?.optionIds.includes(optionId)), onchange: changed }));
    return {
      element: h("div", { class: "choices" }, question.options.map((option, place) =>
        h("label", { class: "choice", dir: "auto" }, inputs[place], h("span", {}, questionLine(option.text))))),
      hint: type === "checkbox" && "Choose all that apply.",
      answer: () => {
        const optionIds = inputs.filter((input) => input.checked).map((input) => input.value);
        return optionIds.length ? { optionIds } : null;
      },
    };
  };
}

function words(question, id, saved, text, changed) {
  const hasBlank = text.textContent.includes(BLANK);
  const input = h("input", { type: "text", value: saved?.text ?? "", maxlength: 1000, autocomplete: "off", autocapitalize: "off", spellcheck: "false", class: hasBlank && "gap", "aria-label": hasBlank ? "Your answer, in the blank" : "Your answer", "aria-describedby": `${id}-text`, dir: "auto", oninput: changed });
  return {
    element: hasBlank ? null : input,
    blank: hasBlank ? input : null,
    answer: () => (input.value.trim() ? { text: input.value } : null),
  };
}

function number(question, id, saved, text, changed) {
  const hasBlank = text.textContent.includes(BLANK);
  const input = h("input", { type: "text", inputmode: "decimal", value: saved?.number ?? "", autocomplete: "off", class: hasBlank ? "gap" : "numeric", "aria-label": "Your answer, a number", "aria-describedby": `${id}-text`,
    oninput: () => { input.toggleAttribute("aria-invalid", false); changed(); },
    onblur: () => { if (input.value.trim() && read() === null) input.setAttribute("aria-invalid", "true"); } });
  const read = () => {
    // A decimal comma is what many write.
    const written = input.value.trim().replace(/\s/g, "").replace(",", ".").replace("−", "-");
    return written && Number.isFinite(Number(written)) ? Number(written) : null;
  };
  return { element: hasBlank ? null : input, blank: hasBlank ? input : null, hint: "A number.", answer: () => (read() === null ? null : { number: read() }) };
}

function matching(question, id, saved, _, changed) {
  const before = new Map(saved?.pairs.map(({ left, right }) => [left, right]));
  const selects = question.lefts.map((left, place) =>
    h("select", { id: `${id}-${place}`, onchange: changed },
      h("option", { value: "" }, "Choose …"),
      question.rights.map((right) => h("option", { value: right, selected: before.get(left) === right }, plain(right)))));
  return {
    element: h("div", { class: "matching" }, question.lefts.map((left, place) =>
      h("div", {}, h("label", { for: `${id}-${place}`, dir: "auto" }, questionLine(left)), selects[place]))),
    hint: "Find what belongs together.",
    answer: () => {
      const pairs = question.lefts.map((left, place) => ({ left, right: selects[place].value })).filter(({ right }) => right);
      return pairs.length ? { pairs } : null;
    },
  };
}

// An option of a select holds text alone.
const plain = (markdown) => questionLine(markdown).textContent;

function ordering(question, id, saved, _, changed) {
  const place = (option) => saved.optionIds.indexOf(option.optionId);
  const options = [...question.options];
  let touched = saved?.optionIds.length === options.length;
  if (touched) options.sort((one, other) => place(one) - place(other));
  const list = h("ol", { class: "ordering" });
  const told = h("p", { class: "unseen", role: "status" });
  const move = (item, step) => {
    const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(item);
    else other.after(item);
    touched = true;
    mark();
    told.textContent = `${item.querySelector(".item").textContent}: now place ${[...list.children].indexOf(item) + 1} of ${list.children.length}`;
    changed();
  };
  // Its place stays, so that a button that was pressed can be pressed again.
  const mark = () => [...list.children].forEach((item, index) => {
    item.querySelector(".up").setAttribute("aria-disabled", index === 0);
    item.querySelector(".down").setAttribute("aria-disabled", index === list.children.length - 1);
  });
  const button = (name, words, step) => (item) => h("button", { type: "button", class: `second small ${name}`, "aria-label": `Move ${words}: ${item.querySelector(".item").textContent}`,
    onclick: (event) => { move(item, step); event.currentTarget.focus(); } }, icon(name));
  for (const option of options) {
    const item = h("li", { "data-option": option.optionId }, h("span", { class: "item", dir: "auto" }, questionLine(option.text)));
    item.append(h("span", { class: "moves" }, button("up", "up", -1)(item), button("down", "down", 1)(item)));
    list.append(item);
  }
  mark();
  const accept = h("label", { class: "choice" }, h("input", { type: "checkbox", checked: touched, onchange: (event) => { touched = event.currentTarget.checked; changed(); } }), h("span", {}, "This is the right order"));
  const sync = changed;
  changed = () => { accept.querySelector("input").checked = touched; sync(); };
  return {
    element: h("div", {}, list, told, accept),
    hint: "Put them in order with the arrows.",
    answer: () => (touched ? { optionIds: [...list.children].map((item) => item.dataset.option) } : null),
  };
}
