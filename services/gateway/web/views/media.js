// Films and documents of a lesson. Their links are good for some minutes, so they are asked for anew.
import * as api from "../api.js";
import { h, minutes } from "../dom.js";
import { icon } from "../pictures.js";

const TELL_MS = 15_000;
const RENEW_MS = 8 * 60_000;

export function films(lesson, media, isIn, signal) {
  return media.videos.map((video) => h("figure", { class: "film" },
    video.mimeType === "text/html" ? provided(video) : player(lesson, video, isIn, signal),
    video.title && h("figcaption", { dir: "auto" }, video.title)));
}

/** A provider's film comes when it is asked for, so that nobody is told of who reads. */
function provided(video) {
  const address = embedded(video.url);
  const named = video.title || "Video";
  if (!address) return h("p", {}, h("a", { class: "button second", href: video.url, target: "_blank", rel: "noopener" }, icon("play"), `${named} (opens in a new tab)`));
  const host = new URL(video.url).hostname.replace(/^www\./, "");
  const facade = h("button", { class: "facade", onclick: () => {
    const frame = h("iframe", { src: address, title: named, allow: "autoplay; fullscreen; picture-in-picture", allowfullscreen: true, referrerpolicy: "strict-origin-when-cross-origin" });
    facade.replaceWith(frame);
    frame.focus();
  } }, h("span", { class: "play" }, icon("play")), h("span", { class: "facade-words" }, `${video.title ? `Play “${video.title}”` : "Play the video"} from ${host}`, video.durationSeconds > 0 && `, ${minutes(Math.ceil(video.durationSeconds / 60))}`));
  return facade;
}

function embedded(address) {
  const url = new URL(address);
  const host = url.hostname.replace(/^(www|m)\./, "");
  const id = host === "youtu.be" ? url.pathname.slice(1) : host === "youtube.com" ? url.searchParams.get("v") ?? /^\/(?:embed|shorts|live)\/([^/]+)/.exec(url.pathname)?.[1] : null;
  if (id && /^[\w-]{6,20}$/.test(id)) return `https://www.youtube-nocookie.com/embed/${id}?autoplay=1&rel=0`;
  const number = host === "vimeo.com" && /^\/(\d+)/.exec(url.pathname)?.[1];
  return number ? `https://player.vimeo.com/video/${number}?autoplay=1&dnt=1` : null;
}

function player(lesson, video, isIn, signal) {
  // Captions of another origin, as of a bucket, need CORS to be read.
  const elsewhere = new URL(video.url, location.href).origin !== location.origin;
  const element = h("video", { controls: true, preload: "metadata", playsinline: true, crossorigin: elsewhere && video.captions.length > 0 && "anonymous", src: video.url, "aria-label": video.title || "Video" },
    video.captions.map((captions, place) => h("track", { kind: "captions", src: captions.url, srclang: captions.language, label: captions.label || captions.language, default: place === 0 })));
  let at = video.positionSeconds;
  element.addEventListener("loadedmetadata", () => {
    if (at > 0 && at < element.duration - 5) element.currentTime = at;
  });
  // A link that is over is refused: the place is kept, and the film goes on with a new one.
  let renewed = 0;
  element.addEventListener("error", async () => {
    if (Date.now() - renewed < 30_000) return;
    renewed = Date.now();
    const playing = !element.paused;
    const fresh = (await api.get(`/media/lesson/${lesson.lessonId}`, {}, { signal })).videos.find((each) => each.mediaId === video.mediaId);
    if (!fresh) return;
    element.src = fresh.url;
    if (playing) element.play();
  });
  if (isIn) {
    let told = 0;
    const tell = (always) => {
      at = Math.floor(element.currentTime);
      if (!always && Date.now() - told < TELL_MS) return;
      told = Date.now();
      api.put(`/progress/lessons/${lesson.lessonId}/position`, { seconds: at }).catch(() => {});
      api.post(`/media/${video.mediaId}/views`, { positionSeconds: at }).catch(() => {});
    };
    element.addEventListener("timeupdate", () => tell(false));
    element.addEventListener("pause", () => tell(true));
  }
  return element;
}

export function documents(lesson, media, signal) {
  if (!media.pdfs.length) return null;
  const links = new Map();
  const list = h("ul", { class: "documents" }, media.pdfs.map((pdf) => {
    const link = h("a", { class: "card", href: pdf.url, target: "_blank", rel: "noopener" },
      icon("file"), h("span", {}, h("span", { class: "title", dir: "auto" }, pdf.title), h("small", {}, `PDF, ${size(pdf.sizeBytes)}, opens in a new tab`)));
    links.set(pdf.mediaId, link);
    return h("li", {}, link);
  }));
  let at = Date.now();
  const renew = async () => {
    if (document.hidden || Date.now() - at < RENEW_MS) return;
    at = Date.now();
    const fresh = await api.get(`/media/lesson/${lesson.lessonId}`, {}, { signal }).catch(() => null);
    for (const pdf of fresh?.pdfs ?? []) links.get(pdf.mediaId)?.setAttribute("href", pdf.url);
  };
  const timer = setInterval(renew, 60_000);
  document.addEventListener("visibilitychange", renew, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
  return h("section", { "aria-labelledby": "documents" }, h("h2", { id: "documents" }, "Documents"), list);
}

const size = (bytes) => (bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`);
