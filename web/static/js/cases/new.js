// A new application: what it asks for, for whom, and its first name, checked while it is typed.

import { get, getAll, post } from "../api.js";
import { byId, el } from "../dom.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { draftOf, keepDraft } from "../records/drafts.js";
import { notSaved } from "../records/saving.js";
import { text, titled } from "../texts.js";
import { kindOptions, makeNameForm } from "./nameform.js";
import { startFrame } from "./frame.js";
import { NAME_KINDS, kindName } from "./words.js";

const PLAIN = ["title", "applicant", "contact", "brands", "many"];
const CHOSEN = ["kind", "name_kind", "unit"];
let view = null;
let form = null;

async function start() {
  await started;
  const mapped = startFrame();
  const [rules, units] = await Promise.all([get("/api/cases/rules"), getAll("/api/units", { limit: 1000 })]);
  byId("kind").append(...rules.kinds.map(({ id, title }) => el("option", { value: id }, titled(title))));
  byId("name_kind").append(...kindOptions(NAME_KINDS, "street"));
  byId("unit").append(el("option", { value: "" }, text("case.unit.choose")), ...units.map(({ id, name }) => el("option", { value: id }, name)));
  const draft = draftOf("case", null);
  const asked = new URLSearchParams(location.search);
  // Who comes from a place of the registry begins with it.
  const about = Number(asked.get("place")) ? { place_id: Number(asked.get("place")), old_name: asked.get("name") ?? "" } : null;
  if (about) byId("kind").value = asked.get("kind") ?? "renaming";
  else if (draft) restore(draft);
  form = makeNameForm({ context, view: () => view, drawing: byId("drawing"), given: about ?? draft?.name ?? {}, onInput: keep });
  byId("name").replaceChildren(form.node);
  const tell = () => tellAuthority(rules.authorities);
  for (const id of [...CHOSEN, ...PLAIN]) byId(id).addEventListener("input", () => { keep(); tell(); form.ask(); fit(); });
  byId("application").addEventListener("submit", submit);
  byId("drop").addEventListener("click", () => { keepDraft("case", null, null); location.reload(); });
  tell();
  fit();
  view = await mapped;
  form.ask();
}

const brands = () => byId("brands").value.split(/[、,，;；\n]+/).map((one) => one.trim()).filter(Boolean);
const names = () => byId("many").value.split("\n").map((one) => one.trim()).filter(Boolean);
const context = () => ({ kind: byId("kind").value, name_kind: byId("name_kind").value, unit_id: Number(byId("unit").value) || null, brands: brands() });

function keep() {
  keepDraft("case", null, { ...Object.fromEntries([...CHOSEN, ...PLAIN].map((id) => [id, byId(id).value])), name: form?.values() ?? {} });
}

function restore(draft) {
  for (const id of [...CHOSEN, ...PLAIN]) if (draft[id]) byId(id).value = draft[id];
  byId("restored").hidden = false;
}

/** Only a naming comes as a list. */
function fit() {
  byId("several").hidden = byId("kind").value !== "naming";
}

function tellAuthority(authorities) {
  const one = authorities.find(({ kinds }) => kinds.includes(byId("name_kind").value));
  byId("authority").textContent = one ? text("case.authority.short", { approves: one.approves, article: one.article }) : "";
}

function order() {
  const { kind, name_kind: nameKind, unit_id: unit, brands: marks } = context();
  const one = form.values();
  const own = one.name || one.place_id ? [one] : [];
  const list = kind === "naming" ? names().filter((name) => name !== one.name).map((name) => ({ name })) : [];
  const first = one.name ?? list[0]?.name ?? "";
  const title = byId("title").value.trim() || text("case.title.made", { name: first, kind: text(`case.kind.${kind}`), what: kindName(nameKind) });
  return { kind, name_kind: nameKind, unit_id: unit, title, applicant: byId("applicant").value.trim(), contact: byId("contact").value.trim(), brands: marks, names: [...own, ...list] };
}

async function submit(event) {
  event.preventDefault();
  form.stop();
  const body = order();
  const said = byId("said");
  if (!body.unit_id || !body.names.length) {
    said.replaceChildren(el("p", { class: "note error", role: "alert" }, text(body.unit_id ? "case.name.missing" : "case.unit.missing")));
    byId(body.unit_id ? "n-name" : "unit").focus();
    return;
  }
  byId("send").disabled = true;
  try {
    const made = await post("/api/cases", body);
    keepDraft("case", null, null);
    location.assign(`/names/case?id=${made.id}`);
  } catch (error) {
    said.replaceChildren(notSaved(error, () => byId("application").requestSubmit()));
    said.scrollIntoView({ block: "nearest" });
    byId("send").disabled = false;
  }
}

start().catch((error) => {
  byId("said").replaceChildren(failure(error, () => location.reload()));
  throw error;
});
