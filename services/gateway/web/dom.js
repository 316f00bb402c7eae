// Elements, made by calls. No HTML is ever made of a text here.

/** An element: `on…` are listeners, false and null leave an attribute out, children may be nested lists. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  return put(element, children);
}

/** Add children to an element: nodes, texts, lists of them; nothing for null, undefined, false and "". */
export function put(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false && child !== "") element.append(child);
  }
  return element;
}

export const fill = (element, ...children) => {
  element.replaceChildren();
  return put(element, children);
};

const SVG = "http://www.w3.org/2000/svg";
/** An element of a picture. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

let fields = 0;
/** A labelled field; `hint` stands below. What is wrong with it is put there by `showErrors`. */
export function field(label, input, hint = "") {
  const id = input.id || `field-${++fields}`;
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  return h("div", { class: "field" },
    h("label", { for: id }, label), input,
    h("p", { class: "hint", id: `${id}-hint`, hidden: !hint }, hint),
    h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

export const check = (label, attributes = {}) =>
  h("label", { class: "choice" }, h("input", { type: "checkbox", ...attributes }), h("span", {}, label));

/** Say in a form what an error says, at the fields that it names; the rest above its buttons. */
export function showErrors(form, error) {
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const place of form.querySelectorAll(".error")) place.hidden = true;
  const rest = form.querySelector(".problem");
  fill(rest);
  rest.hidden = true;
  if (!error) return;
  const unplaced = [];
  for (const { field: name, description } of error.fields ?? []) {
    const input = form.elements[name];
    const place = input && document.getElementById(`${input.id}-error`);
    if (!place) { unplaced.push(`${name}: ${description}`); continue; }
    input.setAttribute("aria-invalid", "true");
    place.textContent = `${form.querySelector(`label[for="${input.id}"]`)?.textContent ?? name} ${description}.`;
    place.hidden = false;
  }
  if (!error.fields?.length || unplaced.length) {
    fill(rest, unplaced.length ? unplaced.join("; ") : error.message);
    rest.hidden = false;
  }
  (form.querySelector("[aria-invalid]") ?? rest).focus();
}

/** A form: `send` is called with its values by name; while it works the button waits. */
export function form(children, label, send, { second } = {}) {
  const button = h("button", {}, label);
  const element = h("form", { novalidate: true },
    children,
    h("p", { class: "problem", role: "alert", tabindex: "-1", hidden: true }),
    h("div", { class: "actions" }, button, second));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const missing = [...element.elements].filter((input) => input.required && !input.value.trim());
    if (missing.length) {
      showErrors(element, { fields: missing.map(({ name }) => ({ field: name, description: "is needed" })) });
      return;
    }
    button.disabled = true;
    showErrors(element, null);
    try {
      await send(Object.fromEntries(new FormData(element)), element);
    } catch (error) {
      if (!error.message) throw error;
      showErrors(element, error);
    } finally {
      button.disabled = false;
    }
  });
  return element;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : noun.endsWith("z") ? "zes" : "s"}`;
export const minutes = (count) =>
  count < 60 ? `${count} min` : `${Math.floor(count / 60)} h${count % 60 ? ` ${count % 60} min` : ""}`;
export const day = (time) => new Date(time).toLocaleDateString(undefined, { dateStyle: "long" });
export const moment = (time) => new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
export const percent = (number) => `${Number(number.toFixed(1))} %`;

/** Tell something that just happened, to eyes and to screen readers, for a while. */
export function say(text, kind = "") {
  const toast = h("p", { class: `toast ${kind}` }, text);
  document.getElementById("say").append(toast);
  setTimeout(() => toast.remove(), 6000);
}

/** How far something is. */
export function progressBar(percentage, label) {
  const fillUp = h("span");
  fillUp.style.width = `${percentage}%`;
  return h("div", { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percentage }, fillUp);
}

/** Ask whether to go on. True where the person says yes. */
export function ask(question, text, yes, { danger = false } = {}) {
  return new Promise((answer) => {
    const dialog = h("dialog", { class: "card", "aria-labelledby": "asked" },
      h("h2", { id: "asked" }, question), h("p", {}, text),
      h("form", { method: "dialog", class: "actions" },
        h("button", { value: "yes", class: danger ? "danger" : "" }, yes),
        h("button", { value: "no", class: "second" }, "Cancel")));
    dialog.addEventListener("close", () => { dialog.remove(); answer(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
