// Pictures without files: a few icons, the star, and a sky of its own for each course.
import { svg } from "./dom.js";

const PATHS = {
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6zM10 19a2 2 0 0 0 4 0",
  check: "M5 13l4 4L19 7",
  cross: "M6 6l12 12M18 6L6 18",
  clock: "M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  book: "M4 5a2 2 0 0 1 2-2h14v16H6a2 2 0 0 0-2 2zM4 19V5",
  quiz: "M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .9-1 1.7M12 17h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  file: "M14 3H6v18h12V7zM14 3v4h4M9 13h6M9 17h6",
  play: "M8 5v14l11-7z",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  award: "M12 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8.5 14L7 21l5-3 5 3-1.5-7",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
};

/** An icon beside words; it says nothing by itself. */
export const icon = (name) =>
  svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));

export const star = () =>
  svg("svg", { class: "star", viewBox: "0 0 64 64", "aria-hidden": "true" },
    svg("path", { d: "M32 6l7 19 19 7-19 7-7 19-7-19-19-7 19-7z" }));

function* chances(seed) {
  // mulberry32, seeded by FNV-1a: the same name has the same sky.
  let state = [...seed].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 16777619), 2166136261);
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}

/** The night sky of a course: a constellation from its name. */
export function sky(seed) {
  const chance = chances(seed);
  const next = (least, most) => least + (most - least) * chance.next().value;
  const picture = svg("svg", { class: "sky", viewBox: "0 0 320 120", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" });
  picture.style.setProperty("--hue", Math.round(next(180, 290)));
  for (let count = 0; count < 40; count++) {
    picture.append(svg("circle", { cx: next(0, 320), cy: next(0, 120), r: next(0.3, 1), opacity: next(0.25, 0.8) }));
  }
  const corners = Array.from({ length: 6 }, (_, place) => [30 + place * 52 + next(-14, 14), next(22, 98)]);
  picture.append(svg("polyline", { points: corners.map((corner) => corner.join()).join(" ") }));
  corners.forEach(([cx, cy], place) => picture.append(svg("circle", { cx, cy, r: place === 2 ? 4 : next(1.6, 2.8), class: place === 2 ? "bright" : "" })));
  return picture;
}
