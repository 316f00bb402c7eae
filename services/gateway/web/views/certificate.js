// The certificate of a course: what is missing, or the document and the address that proves it.
import * as api from "../api.js";
import { day, h, say } from "../dom.js";
import { icon } from "../pictures.js";

/** The panel of a course that somebody is in. */
export async function certificatePanel(course, progress, signal) {
  let state;
  try {
    state = await api.get(`/certificate/${course.courseId}`, {}, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
  const panel = h("div", { class: "card inside certificate" });
  show(panel, course, state);
  return panel;
}

function show(panel, course, { eligible, missing, certificate }) {
  panel.replaceChildren(h("h2", {}, icon("award"), "Certificate"));
  if (certificate && !certificate.revoked) return panel.append(...issued(course, certificate));
  if (certificate?.revoked) return panel.append(h("p", {}, "Your certificate was revoked."));
  if (!eligible) {
    return panel.append(h("p", {}, missing.length
      ? `${missing.length === 1 ? "One step is" : `${missing.length} steps are`} left: complete every lesson and pass every quiz.`
      : "Complete every lesson and pass every quiz."));
  }
  const button = h("button", {}, "Get my certificate");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const certificate = await api.post(`/certificate/${course.courseId}`);
      show(panel, course, { certificate: certificate.certificate ?? certificate });
      panel.querySelector("button")?.focus();
    } catch (error) {
      say(error.message, "bad");
      button.disabled = false;
    }
  });
  panel.append(h("p", {}, "You have completed everything. Well done!"), button);
}

function issued(course, certificate) {
  const button = h("button", {}, "Download the PDF");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await api.download(`/certificate/${course.courseId}/download`, `certificate-${certificate.serial}.pdf`);
    } catch (error) {
      say(error.message, "bad");
    }
    button.disabled = false;
  });
  return [
    h("p", {}, `Issued to ${certificate.learnerName} on ${day(certificate.issueTime)}.`),
    h("p", { class: "serial" }, certificate.serial),
    h("p", { class: "actions" }, button,
      h("a", { class: "button second", href: new URL(certificate.verifyUrl, location.href).pathname, target: "_blank", rel: "noopener" }, "What others see", h("span", { class: "unseen" }, " (opens in a new tab)"))),
  ];
}
