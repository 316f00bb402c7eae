// Before anything is painted: the theme that was chosen on this device.
try {
  const theme = localStorage.getItem("stellr.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* Storage may be forbidden. */ }

// A link to a lesson: all that it will need is asked for at once, not one after the other.
if (location.hash.startsWith("#/lessons/")) {
  for (const name of ["views/lesson.js", "markdown.js", "views/course.js", "views/media.js", "views/cards.js", "views/certificate.js", "vendor/markdown-it.umd.min.js", "vendor/purify.min.js"]) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = new URL(name, document.currentScript.src);
    document.head.append(link);
  }
}
