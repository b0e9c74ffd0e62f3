// The papers of a case: each to be looked at or taken along, or why it cannot be drawn yet.

import { get } from "../api.js";
import { el } from "../dom.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";

export function drawDocuments(id) {
  const list = el("ul", { class: "documents" }, el("li", { class: "quiet" }, text("map.loading")));
  get(`/api/cases/${id}/documents`)
    .then(({ items }) => list.replaceChildren(...items.map((one) => line(id, one))))
    .catch((error) => list.replaceChildren(el("li", {}, failure(error))));
  return list;
}

function line(id, one) {
  const marks = [one.open && one.draft && text("case.documents.draft"), one.transcript && text("case.documents.transcript")].filter(Boolean);
  const name = titled(one.title);
  return el("li", { "data-document": one.id }, el("strong", {}, name), marks.length ? el("small", {}, ` ${marks.join(" · ")}`) : null, one.open ? files(`/api/cases/${id}/documents/${one.id}`, name) : why(one.hindrance));
}

const files = (address, name) =>
  el("p", {}, el("a", { href: `${address}?format=html`, target: "_blank", rel: "noopener", "aria-label": `${text("case.documents.preview")} ${name}` }, text("case.documents.preview")), " · ", el("a", { href: `${address}?format=docx`, download: "", "aria-label": `${text("case.documents.docx")} ${name}` }, text("case.documents.docx")));

const why = ({ detail, remedy }) => el("p", { class: "quiet" }, detail, remedy ? ` ${remedy}` : "");
